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
        """How much office time lies between; as quick for years as for hours."""
        if end < begin:
            return -self.between(end, begin)
        first, last = _day_of(begin), _day_of(end)
        if first == last:
            return self._on(first, begin, end)
        whole = self._working_days(first + 1, last) * sum(stop - start for start, stop in self.spans) * MINUTE_MS
        return self._on(first, begin, end) + whole + self._on(last, begin, end)

    def _on(self, day: int, begin: int, end: int) -> int:
        """How much office time of a day lies between two times."""
        spans = self._spans(day) if self._is_open(day) else ()
        return sum(max(0, min(last, end) - max(first, begin)) for first, last in spans)

    def _working_days(self, begin: int, end: int) -> int:
        """How many working days there are from a day on, until before another."""
        weeks, rest = divmod(end - begin, 7)
        days = weeks * len(self.days) + sum(_weekday(end - each) in self.days for each in range(1, rest + 1))
        closed = ((holiday - EPOCH).days for holiday in self.holidays)
        return days - sum(begin <= each < end and _weekday(each) in self.days for each in closed)

    def _is_open(self, day: int) -> bool:
        return _weekday(day) in self.days and EPOCH + timedelta(days=day) not in self.holidays

    def _spans(self, day: int) -> list[tuple[int, int]]:
        midnight = day * DAY_MS - OFFSET_MS
        return [(midnight + begin * MINUTE_MS, midnight + end * MINUTE_MS) for begin, end in self.spans]

    def _open(self, at: int, step: int) -> Iterator[tuple[int, int]]:
        """The spans in which offices are open, from the day of a time onwards or backwards."""
        for day in count(_day_of(at), step):
            if self._is_open(day):
                yield from self._spans(day)[::step]


def _day_of(at: int) -> int:
    """The number of a day at Hà Nội, counted from 1970."""
    return (at + OFFSET_MS) // DAY_MS


def _weekday(day: int) -> int:
    return (day + 3) % 7  # 1970 began on a Thursday


def minutes_of(clock: str) -> int:
    """HH:MM as minutes of the day."""
    return int(clock[:2]) * 60 + int(clock[3:])
