"""What this room makes of recorded answers: {"0M!": "00013", "0D0!": "0+12.3-0.2", ...}; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from device_profiles.schema import DeviceProfile
from edge_agent.connector import LinkError, Observation
from edge_agent.connectors.sdi12.conversation import GarbledError, Manners, measure, replay
from edge_agent.connectors.sdi12.readout import Answer, commands_for, read_out


def observe(device: str, profile: DeviceProfile, raw: object) -> Sequence[Observation]:
    """Every point once; the address is that of the first question, checksums are used where one asks for them."""
    lines = {str(ask): str(line) for ask, line in raw.items() if ask} if isinstance(raw, Mapping) else {}
    if not lines:
        raise LinkError("timeout", "no answer was recorded")
    first = next(iter(lines))
    manners = Manners(first[0], attempts=1, crc=first[2:3] == "C")
    answers: dict[str, Answer] = {}
    for command in commands_for(profile):
        try:
            answers[command] = replay(measure(command, manners), lambda text: lines.get(text, ""))
        except GarbledError as error:
            answers[command] = error.fault
    return read_out(device, profile, answers)
