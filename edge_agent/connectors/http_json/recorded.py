"""What this room makes of a recorded document; pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from device_profiles.schema import DeviceProfile
from edge_agent.connector import LinkError, Observation
from edge_agent.connectors.http_json.documents import OBSERVED_AT
from edge_agent.json_document import DocumentError, Json, device_time, samples


def observe(device: str, profile: DeviceProfile, raw: object) -> Sequence[Observation]:
    """Every point once; LinkError when the document's own time is none."""
    document = cast(Json, raw)  # the caller read it from JSON
    try:
        observed_at = device_time(document, OBSERVED_AT)
    except DocumentError as error:
        raise LinkError("device", f"the device's {error}") from error
    return samples(device, profile, document, observed_at=observed_at)
