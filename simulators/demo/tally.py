"""The figures of a demonstration, and whether they agree: what went in at the edge must be what the centre has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

FLOOD_LEVELS = ("I", "II", "III")
STEPS_UP = ("raised", "escalated")


@dataclass(frozen=True, slots=True)
class Step:
    """One flood level that the alarm reached, and when (ms since 1970 UTC)."""

    level: str
    at: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What the last line of a demonstration says."""

    produced: int
    stored: int
    awaited: int
    dropped: int
    dead_lettered: int
    devices: int
    gateways: int
    protocols: Sequence[str]
    alarms_raised: int
    flood_alarms: Sequence[Step]
    notices_sent: int
    flood_notices: Mapping[str, int]
    notices: Mapping[str, int]
    seconds_to_first_reading: float
    seconds: float
    store: str
    broker: str
    influx_database: str = ""
    stored_level_m: int = 0
    devices_unequal: Mapping[str, Sequence[int]] = field(default_factory=dict)
    restarts: int = 0
    faults: Sequence[str] = field(default_factory=tuple)

    def as_json(self) -> dict[str, Any]:
        """The figures as the last line prints them."""
        return asdict(self)


def flood_steps(history: Sequence[Mapping[str, Any]]) -> list[Step]:
    """The levels that a flood alarm reached on its way up, in order."""
    return [Step(row["level"], row["at"]) for row in history if row["what"] in STEPS_UP]


def flood_notices(notices: Mapping[str, Mapping[str, Any]], keys: Mapping[str, int], rule: str) -> dict[str, int]:
    """How many notices came for each flood level; a notice that came twice counts twice."""
    told = dict.fromkeys(FLOOD_LEVELS, 0)
    for key, notice in notices.items():
        if notice.get("rule") == rule and notice.get("kind") == "raised" and notice.get("level") in told:
            told[notice["level"]] += keys[key]
    return told


def _levels_agree(raised: list[str], expected: list[str], *, disturbed: bool) -> bool:
    """After an outage the live reading comes before the backlog: a level passed meanwhile may be stepped over.

    What may not be: a level twice, a wrong order, or another end.
    """
    if not disturbed:
        return raised == expected
    in_order = [level for level in expected if level in raised]
    return raised == in_order and raised[-1:] == expected[-1:]


def faults_of(figures: Figures, *, expected_levels: Sequence[str]) -> list[str]:
    """What does not agree; empty when all is well."""
    found = []
    if figures.produced != figures.stored + figures.dropped + figures.dead_lettered:
        found.append(f"produced {figures.produced} but stored {figures.stored}")
    lost = {"awaited": figures.awaited, "dropped": figures.dropped, "dead_lettered": figures.dead_lettered}
    found += [f"{name} is {count}" for name, count in lost.items() if count]
    if figures.devices_unequal:
        found.append(f"produced and stored differ: {dict(figures.devices_unequal)}")
    if figures.produced == 0:
        found.append("nothing was produced")
    raised = [step.level for step in figures.flood_alarms][: len(expected_levels)]
    if not _levels_agree(raised, list(expected_levels), disturbed=figures.restarts > 0):
        found.append(f"flood alarms are {raised}, not {list(expected_levels)}")
    wrong = {level: figures.flood_notices[level] for level in raised if figures.flood_notices[level] != 1}
    if wrong:
        found.append(f"notices per flood level are {wrong}, not one each")
    if any(count != 1 for count in figures.notices.values()):
        found.append("a notice came more than once")
    return found
