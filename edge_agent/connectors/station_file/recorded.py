"""What this room makes of a recorded file's text; pure."""

from __future__ import annotations

from collections.abc import Sequence

from device_profiles.schema import DeviceProfile
from edge_agent.connector import Observation
from edge_agent.connectors.station_file.document import Terms, read


def observe(device: str, profile: DeviceProfile, raw: object) -> Sequence[Observation]:
    """Every parameter of the file, by the clock of Vietnam and with a point before the fraction."""
    return read(device, profile, raw if isinstance(raw, str) else "", Terms()).samples
