"""The hours that nobody covers are exactly those in which `otherwise` is told."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.people.coverage import uncovered
from cloud.people.duty import on_duty
from cloud.people.hours import DAYS, HANOI, in_ms
from tests.cloud.people.test_duty import CLOCK, people, person, shift, team

MONDAY = datetime(2026, 11, 23, tzinfo=HANOI)


@pytest.mark.parametrize(
    ("shifts", "gaps"),
    [
        ((), ("mon 00:00 - mon 00:00",)),
        ((shift("00:00", "00:00", "an"),), ()),
        ((shift("06:00", "18:00", "an"), shift("18:00", "06:00", "an")), ()),
        ((shift("22:00", "06:00", "an", days=("sun",)),), ("mon 06:00 - sun 22:00",)),
        (
            (shift("08:00", "17:00", "an", days=("mon", "tue")), shift("12:00", "18:00", "an", days=("tue",))),
            ("mon 17:00 - tue 08:00", "tue 18:00 - mon 08:00"),
        ),
    ],
)
def test_hours_without_anybody(shifts: object, gaps: tuple[str, ...]) -> None:
    assert uncovered(team(shifts=shifts)) == gaps


SHIFTS = st.lists(
    st.builds(
        lambda start, end, days: shift(start, end, "an", days=tuple(days)),
        CLOCK,
        CLOCK,
        st.lists(st.sampled_from(DAYS), max_size=3),
    ),
    max_size=4,
)


@settings(deadline=None)
@given(SHIFTS, st.integers(0, 7 * 1440 - 1))
def test_a_minute_is_in_a_gap_when_nobody_of_the_shifts_is_told(shifts: object, minute: int) -> None:
    one = team(shifts=shifts)
    house = people(person("an"), person("chief"), teams=(one,))
    told = on_duty(house, "desk", in_ms(MONDAY + timedelta(minutes=minute)))
    assert (told == ("chief",)) == any(_holds(gap, minute) for gap in uncovered(one))


def _holds(gap: str, minute: int) -> bool:
    begin, end = (_minute(part) for part in gap.split(" - "))
    return begin <= minute < end if begin < end else minute >= begin or minute < end


def _minute(text: str) -> int:
    return DAYS.index(text[:3]) * 1440 + int(text[4:6]) * 60 + int(text[7:9])
