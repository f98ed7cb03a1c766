"""Office hours: minutes that count, over nights, weekends and holidays."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.incidents.office_hours import DAY_MS, OFFSET_MS, OfficeClock

HOUR_MS = 3_600_000
OFFICE = OfficeClock(
    frozenset(range(5)), ((7 * 60 + 30, 11 * 60 + 30), (13 * 60, 17 * 60)), frozenset({date(2025, 9, 2)})
)
times = st.integers(1_750_000_000_000, 1_780_000_000_000)


def hanoi(text: str) -> int:
    """A time at Hà Nội in ms since 1970 UTC."""
    return round(datetime.fromisoformat(f"{text}:00+00:00").timestamp() * 1000) - OFFSET_MS


@pytest.mark.parametrize(
    ("begin", "hours", "end"),
    [
        ("2025-09-08 08:00", 2, "2025-09-08 10:00"),
        ("2025-09-08 11:00", 2, "2025-09-08 14:30"),  # over noon
        ("2025-09-08 16:00", 2, "2025-09-09 08:30"),  # over night
        ("2025-09-05 16:00", 2, "2025-09-08 08:30"),  # over the weekend
        ("2025-09-01 16:00", 2, "2025-09-03 08:30"),  # over a holiday
        ("2025-09-06 03:00", 1, "2025-09-08 08:30"),  # from the middle of a Saturday
        ("2025-09-08 08:00", 8, "2025-09-09 08:00"),  # one working day
        ("2025-09-08 07:30", 4, "2025-09-08 11:30"),
    ],
)
def test_time_counts_while_offices_are_open(begin: str, hours: int, end: str) -> None:
    assert OFFICE.moved(hanoi(begin), hours * HOUR_MS) == hanoi(end)
    assert OFFICE.between(hanoi(begin), hanoi(end)) == hours * HOUR_MS


@settings(max_examples=60, deadline=None)
@given(times, st.integers(0, 60 * HOUR_MS))
def test_what_is_added_lies_between_and_can_be_taken_back(at: int, by_ms: int) -> None:
    then = OFFICE.moved(at, by_ms)
    assert OFFICE.between(at, then) == by_ms
    assert OFFICE.between(then, at) == -by_ms
    back = OFFICE.moved(then, -by_ms)
    assert OFFICE.between(back, then) == by_ms
    assert OFFICE.between(min(at, back), max(at, back)) == 0, "only time that does not count lies between"


@settings(max_examples=60, deadline=None)
@given(times, st.integers(0, 40 * DAY_MS), st.integers(0, 40 * DAY_MS))
def test_time_adds_up(at: int, first: int, second: int) -> None:
    middle, end = at + first, at + first + second
    assert OFFICE.between(at, middle) + OFFICE.between(middle, end) == OFFICE.between(at, end)


@settings(max_examples=40, deadline=None)
@given(times, st.integers(0, 100 * DAY_MS))
def test_a_long_time_is_the_sum_of_its_hours(at: int, length: int) -> None:
    hours = range(at, at + length, HOUR_MS)
    assert OFFICE.between(at, at + length) == sum(
        OFFICE.between(hour, min(hour + HOUR_MS, at + length)) for hour in hours
    )


def test_ten_years_have_their_weeks() -> None:
    begin = hanoi("2026-01-05 00:00")
    assert OFFICE.between(begin, begin + 520 * 7 * DAY_MS) == 520 * 5 * 8 * HOUR_MS
