"""The line ahead: on the great flood of 2024, at gaps, leaps and silence."""

from __future__ import annotations

import pytest

from cloud.disaster.office import read_plan
from cloud.disaster.outlook import HOUR_MS, MINUTE_MS, course, crossing, pace_of
from cloud.disaster.plan import DisasterPlan, Outlook, Step
from tests.readme_check import assert_documented

TERMS = read_plan(None).outlook
NOW = 1_725_850_800_000  # 9 September 2024, 10:00 at Yên Bái
MARKS = (("I", 30.0), ("II", 31.0), ("III", 32.0))


def rise(level: float, rate: float, *, minutes: int = 180, step: int = 10) -> list[tuple[int, float]]:
    """Readings that rise to a level until now."""
    return [(NOW - m * MINUTE_MS, level - rate * m / 60) for m in range(minutes, -1, -step)]


def test_a_rise_is_drawn_on_to_the_next_mark() -> None:
    found = course(rise(31.4, 0.4), TERMS, now=NOW)
    assert found is not None
    assert found.rate == pytest.approx(0.4)
    assert found.pace == "fast"
    assert found.level_at(NOW + HOUR_MS) == pytest.approx(31.8)
    ahead = crossing(found, MARKS, TERMS)
    assert ahead is not None
    assert (ahead.name, ahead.upwards) == ("III", True)
    assert ahead.at == pytest.approx(NOW + 1.5 * HOUR_MS, abs=1000)


def test_a_fall_names_the_mark_below() -> None:
    found = course(rise(31.2, -0.1), TERMS, now=NOW)
    assert found is not None
    assert found.pace == "falling"
    ahead = crossing(found, MARKS, TERMS)
    assert ahead is not None
    assert (ahead.name, ahead.upwards) == ("II", False)


def test_what_is_steady_far_off_or_above_all_marks_crosses_nothing() -> None:
    steady = course(rise(31.99, 0.01), TERMS, now=NOW)
    slow = course(rise(31.1, 0.1), TERMS, now=NOW)
    above = course(rise(33.9, 0.4), TERMS, now=NOW)
    assert steady is not None
    assert slow is not None
    assert above is not None
    assert [crossing(each, MARKS, TERMS) for each in (steady, slow, above)] == [None, None, None]


def test_a_leap_of_the_gauge_does_not_turn_the_line() -> None:
    levels = rise(31.4, 0.4)
    levels[9] = (levels[9][0], 38.0)
    found = course(levels, TERMS, now=NOW)
    assert found is not None
    assert found.rate == pytest.approx(0.4, abs=0.02)


@pytest.mark.parametrize(
    ("levels", "why"),
    [
        ([], "nothing is known"),
        (rise(31.4, 0.4, minutes=50), "too short"),
        (rise(31.4, 0.4, minutes=180, step=90)[:2], "too few"),
        ([(at - 60 * MINUTE_MS, level) for at, level in rise(31.4, 0.4)], "silent for an hour"),
        ([(at - 300 * MINUTE_MS, level) for at, level in rise(31.4, 0.4)], "of this morning"),
    ],
)
def test_nothing_is_said_of_what_is_not_known(levels: list[tuple[int, float]], why: str) -> None:
    assert course(levels, TERMS, now=NOW) is None, why


def test_paces_follow_the_plan() -> None:
    assert [pace_of(rate, TERMS) for rate in (-0.5, 0.0, 0.1, 0.3, 0.65)] == [
        "falling",
        "steady",
        "rising",
        "fast",
        "very_fast",
    ]


def test_the_readme_names_every_key_of_the_plan() -> None:
    assert_documented("cloud/disaster", DisasterPlan, Outlook, Step)
