"""What this room makes of recorded events; pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from device_profiles.schema import DeviceProfile
from edge_agent.connector import Observation
from edge_agent.connectors.lorawan.mapping import samples, status_samples
from edge_agent.connectors.lorawan.uplink import moment_in, status_in, uplink_in
from edge_agent.json_document import Json

FAR_MS = 2**53  # a recorded time never lies in the future


def observe(device: str, profile: DeviceProfile, raw: object) -> Sequence[Observation]:
    """What one whole ChirpStack v4 event says (`up`, or `status` with its battery), or a list of them."""
    events = raw if isinstance(raw, list) else [raw]
    return [found for event in events for found in _observed(device, profile, cast(Json, event))]


def _observed(device: str, profile: DeviceProfile, event: Json) -> Sequence[Observation]:
    if isinstance(event, dict) and ("batteryLevel" in event or "margin" in event):
        return status_samples(device, profile, status_in(event), moment_in(event, now_ms=FAR_MS))
    return samples(device, profile, uplink_in(event, now_ms=FAR_MS))
