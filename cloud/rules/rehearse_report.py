"""What a rehearsal found: alarms, nights, totals, the difference to something else, and charts; values only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from device_profiles.schema import Text

Against = Literal["live", "alarms"]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that would have happened to an alarm: raised, escalated, eased, cleared, missed.

    `at` is when the reading was observed, `arrived_at` when the centre would have known; ms since 1970 UTC.
    """

    at: int
    arrived_at: int
    what: str
    level: str
    value: float | None


@dataclass(frozen=True, slots=True)
class Episode:
    """One alarm, from raise to clear: `level`, `severity`, `value` and `threshold` are those of its gravest moment.

    `cleared_at` None = it lasted beyond the end. `missed`: only late data would have raised it, and nobody been told.
    """

    rule: str
    site: str
    gateway: str
    device: str
    level: str
    level_shown: Text
    severity: int
    value: float | None
    threshold: float | None
    raised_at: int
    cleared_at: int | None
    missed: bool
    notices: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Night:
    """One night, 22:00 to 06:00 at Hà Nội, named by the date of its evening: `2026-08-01`."""

    night: str
    notices: int
    alarms: int


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums. A notice counts once, however many channels and persons would have got it."""

    alarms: int
    missed: int
    notices: int
    night_notices: int
    devices_concerned: int
    devices: int
    readings: int
    longest_ms: int
    most_on_a_day: int
    busiest_day: str


@dataclass(frozen=True, slots=True)
class Moved:
    """The same problem, at another time or level."""

    here: Episode
    there: Episode


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs from the running rule on the same history (`live`), or from what was really raised (`alarms`).

    `same` is how many are alike; of the others the first ones are here, and `left_out` says how many more there are.
    """

    against: Against
    same: int
    only_here: tuple[Episode, ...]
    only_there: tuple[Episode, ...]
    moved: tuple[Moved, ...]
    left_out: int


@dataclass(frozen=True, slots=True)
class Threshold:
    """A level as a line on a chart; `value` None = it is no value of the point but a duration, a count, a slope."""

    level: str
    level_shown: Text
    severity: int
    value: float | None


@dataclass(frozen=True, slots=True)
class Chart:
    """The readings of one device: for each stretch of `step_ms` its begin, smallest, largest and last value."""

    site: str
    gateway: str
    device: str
    point: str
    unit: str
    step_ms: int
    buckets: tuple[tuple[int, float, float, float], ...]
    thresholds: tuple[Threshold, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What a rule would have done between two times. `alarms` are the first ones; `left_out` says how many more.

    `chart`: the devices with most alarms. `remarks`: what the rehearsal could not know.
    """

    rule: str
    version: int
    begin: int
    end: int
    alarms: tuple[Episode, ...]
    left_out: int
    nights: tuple[Night, ...]
    totals: Totals
    difference: Difference | None
    chart: tuple[Chart, ...]
    remarks: tuple[Text, ...]
