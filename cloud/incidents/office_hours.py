"""Clocks that deadlines are counted by: one that always runs, and one that runs while offices are open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from typing import Protocol

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TIME = r"^([01]\d|2[0-3]):[0-5]\d$"
MINUTE_MS = 60_000
EPOCH = date(1970, 1, 1)
DAY_MS = 86_400_000
OFFSET_MS = 7 * 3_600_000


class Clockwork(Protocol):
    """Counts the time that counts. Times in ms since 1970 UTC."""

    def moved(self, at: int, by_ms: int) -> int:
        """The time that lies so much counted time later (or, when negative, earlier)."""

    def between(self, begin: int, end: int) -> int:
        """How much counted time lies between; negative when `end` is earlier."""


@dataclass(frozen=True, slots=True)
class Always:
    """Every minute counts."""

    def moved(self, at: int, by_ms: int) -> int:
        """Just so much later."""
        return at + by_ms

    def between(self, begin: int, end: int) -> int:
        """The time between."""
        return end - begin


ALWAYS = Always()


@dataclass(frozen=True, slots=True)
class OfficeClock:
    """Minutes count while offices are open, at Hà Nội: weekdays (0 = Monday), spans in minutes of the day, holidays."""

    days: frozenset[int]
    spans: tuple[tuple[int, int], ...]
    holidays: frozenset[date] = frozenset()

    def moved(self, at: int, by_ms: int) -> int:
        """The time that lies so much office time later or earlier."""
        left = abs(by_ms)
        if not left:
            return at
        later = by_ms > 0
        for begin, end in self._open(at, 1 if later else -1):
            first, last = (max(begin, at), end) if later else (begin, min(end, at))
            if last - first >= left:
                return first + left if later else last - left
            left -= max(0, last - first)
        raise AssertionError("days never end")

    def between(self, begin: int, end: int) -> int:
        """How much office time lies between."""
        if end < begin:
            return -self.between(end, begin)
        total = 0
        for first, last in self._open(begin, 1):
            if first >= end:
                break
            total += max(0, min(last, end) - max(first, begin))
        return total

    def _open(self, at: int, step: int) -> Iterator[tuple[int, int]]:
        """The spans in which offices are open, from the day of a time onwards or backwards."""
        today = (at + OFFSET_MS) // DAY_MS
        for number in count(today, step):
            day = EPOCH + timedelta(days=number)
            if day.weekday() in self.days and day not in self.holidays:
                midnight = number * DAY_MS - OFFSET_MS
                for begin, end in self.spans if step > 0 else reversed(self.spans):
                    yield midnight + begin * MINUTE_MS, midnight + end * MINUTE_MS


def minutes_of(clock: str) -> int:
    """HH:MM as minutes of the day."""
    return int(clock[:2]) * 60 + int(clock[3:])
