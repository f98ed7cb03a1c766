"""What this room makes of recorded measures: {"fps": 25.0, "frozen": false, ...}; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from device_profiles.schema import DeviceProfile
from edge_agent.connector import Observation, Scalar
from edge_agent.connectors.camera.report import samples_of

RECORDED_AT = 1_700_000_000_000  # any moment: what was recorded has none of its own


def observe(device: str, profile: DeviceProfile, raw: object) -> Sequence[Observation]:
    """Every point that the camera feeds; a measure that was not recorded says that there was no picture."""
    values = raw if isinstance(raw, Mapping) else {}
    known: dict[str, Scalar] = {name: value for name, value in values.items() if isinstance(value, bool | int | float)}
    return samples_of(profile, device, values=known, unknown=None, at_ms=RECORDED_AT)
