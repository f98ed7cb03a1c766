"""What this room makes of a recorded status document; pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from device_profiles.schema import DeviceProfile
from edge_agent.connector import Observation
from edge_agent.connectors.kiosk.connector import state_of
from edge_agent.json_document import Json


def observe(device: str, profile: DeviceProfile, raw: object) -> Sequence[Observation]:
    """Every point of the kiosk's state once; LinkError when the document's own time is none."""
    return state_of(device, profile, cast(Json, raw))  # the caller read it from JSON
