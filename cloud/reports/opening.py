"""The hours of the day that an indicator is about, such as those in which an office is open. Times of Vietnam."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

VIETNAM_MS: Final = 7 * 3_600_000
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
FIRST_WEEKDAY: Final = 3  # 1 January 1970 was a Thursday
SATURDAY: Final = 5
FOREVER: Final = 2**62


@dataclass(frozen=True, slots=True)
class Opening:
    """From so many hours after midnight on, until so many; on each day, or from Monday to Friday."""

    from_h: float = 0.0
    to_h: float = 24.0
    workdays: bool = False

    def ends(self, at: int) -> int | None:
        """When the opening ends that this moment lies in; None when it is closed then."""
        if self == ALWAYS:
            return FOREVER
        begin, end = self._of_day((at + VIETNAM_MS) // DAY_MS)
        return end if begin <= at < end else None

    def lasts(self, begin: int, end: int) -> int:
        """How many milliseconds it is open between two times."""
        days = range((begin + VIETNAM_MS) // DAY_MS, (end - 1 + VIETNAM_MS) // DAY_MS + 1)
        spans = (self._of_day(day) for day in days)
        return sum(max(0, min(end, last) - max(begin, first)) for first, last in spans)

    def _of_day(self, day: int) -> tuple[int, int]:
        midnight = day * DAY_MS - VIETNAM_MS
        if self.workdays and (day + FIRST_WEEKDAY) % 7 >= SATURDAY:
            return midnight, midnight
        return midnight + round(self.from_h * HOUR_MS), midnight + round(self.to_h * HOUR_MS)


ALWAYS: Final = Opening()
