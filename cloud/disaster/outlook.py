"""How fast a level moves, and when it would reach the next mark if it went on like this: pure, and no forecast.

```
   level │            ● newest
         │        ● ·   · · · ·  straight on, `ahead_h` at most
         │   ● ·
         └──────────┼───────────▶ time
          window    now
```
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median
from typing import Final, Literal

from cloud.disaster.plan import Outlook

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 3_600_000
Levels = Sequence[tuple[int, float]]  # time in ms since 1970 UTC, level in metres; rising in time
Pace = Literal["falling", "steady", "rising", "fast", "very_fast"]


@dataclass(frozen=True, slots=True)
class Course:
    """Where a level is and how it moves; `rate` in metres an hour, positive upwards."""

    at: int
    level: float
    rate: float
    pace: Pace

    def level_at(self, at: int) -> float:
        """The level at a later time, straight on."""
        return self.level + self.rate * (at - self.at) / HOUR_MS


@dataclass(frozen=True, slots=True)
class Crossing:
    """When a mark would be reached, straight on; `upwards` says from which side."""

    name: str
    mark: float
    at: int
    upwards: bool


def course(levels: Levels, terms: Outlook, *, now: int) -> Course | None:
    """The course of a level; None when it is too old, or too little of it is known, to say one."""
    recent = [(at, value) for at, value in levels if now - terms.window_min * MINUTE_MS <= at <= now]
    if len(recent) < 3 or now - recent[-1][0] > terms.silence_min * MINUTE_MS:
        return None
    if recent[-1][0] - recent[0][0] < terms.least_min * MINUTE_MS:
        return None
    rate = _slope(recent)
    at, level = recent[-1]
    return Course(at, level, rate, pace_of(rate, terms))


def pace_of(rate: float, terms: Outlook) -> Pace:
    """The word for a rate."""
    if abs(rate) < terms.still_m_h:
        return "steady"
    if rate < 0:
        return "falling"
    return "very_fast" if rate >= terms.very_fast_m_h else "fast" if rate >= terms.fast_m_h else "rising"


def crossing(found: Course, marks: Sequence[tuple[str, float]], terms: Outlook) -> Crossing | None:
    """The first mark that would be crossed within `ahead_h`; None when there is none, or the level is steady."""
    if found.pace == "steady":
        return None
    upwards = found.rate > 0
    ahead = [mark for mark in marks if (mark[1] > found.level if upwards else mark[1] < found.level)]
    if not ahead:
        return None
    name, mark = min(ahead, key=lambda each: abs(each[1] - found.level))
    at = found.at + round((mark - found.level) / found.rate * HOUR_MS)
    return Crossing(name, mark, at, upwards) if at - found.at <= terms.ahead_h * HOUR_MS else None


def _slope(levels: Levels) -> float:
    """The median of the slopes between all pairs (Theil and Sen): one leap of a gauge does not turn it."""
    return median((last[1] - first[1]) / (last[0] - first[0]) * HOUR_MS for first, last in combinations(levels, 2))
