"""The kind `baseline`: this hour against past ones, whatever became of them."""

from __future__ import annotations

import statistics
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from cloud.rules.kinds.baseline import Baseline
from cloud.rules.ladder import IDLE, Standing

HOUR = 3_600_000
DAY = 24 * HOUR
BEGIN = 1_725_580_800_000 - 1_725_580_800_000 % DAY
LEVELS = [{"name": "a", "severity": 4, "above": 3, "clear": 2}]
NIGHT = {"kind": "baseline", "unit": "kWh", "figure": "ratio", "min_median": 0.1, "levels": LEVELS}


def baseline(**more: object) -> Baseline:
    """Three times as much as in the same hour of past weeks."""
    return Baseline.model_validate({**NIGHT, **more})


def stepped(kind: Baseline, readings: list[tuple[int, float]], standing: Standing = IDLE) -> Standing:
    """The standing after all these readings."""
    for at, value in readings:
        standing = kind.step(standing, at, value)
    return standing


def weeks(value: float, number: int) -> list[tuple[int, float]]:
    """Hourly readings of so many weeks, up to BEGIN."""
    return [(at, value) for at in range(BEGIN - number * 7 * DAY, BEGIN, HOUR)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"min_periods": 7},
        {"min_median": None},
        {"figure": "z"},
        {"periods": 9},
        {"period_days": 0},
        {"levels": []},
        {"min_spread": float("inf")},
    ],
)
def test_a_baseline_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        baseline(**wrong)


def test_nothing_is_said_before_enough_weeks_are_known() -> None:
    kind = baseline()
    assert stepped(kind, [*weeks(2.0, 2), (BEGIN, 60.0)]).level == 0
    assert stepped(kind, [*weeks(2.0, 3), (BEGIN, 60.0)]).level == 1


def test_three_times_as_much_as_usual_is_too_much_and_a_little_less_is_not() -> None:
    kind, usual = baseline(), stepped(baseline(), weeks(2.0, 6))
    assert kind.step(usual, BEGIN, 5.9).level == 0
    raised = kind.step(usual, BEGIN, 6.0)
    assert raised.level == 1
    assert kind.step(raised, BEGIN + HOUR, 4.1).level == 1
    assert kind.step(raised, BEGIN + HOUR, 4.0).level == 0


def test_the_hour_is_judged_by_its_mean_so_far_and_by_enough_readings() -> None:
    kind, usual = baseline(min_readings=2), stepped(baseline(), weeks(2.0, 6))
    alone = kind.step(usual, BEGIN, 12.0)
    assert alone.level == 0
    assert kind.measure(alone, BEGIN + 60_000, 2.0) == pytest.approx(3.5)
    assert kind.step(alone, BEGIN + 60_000, 2.0).level == 1


def test_next_to_nothing_is_compared_with_nothing() -> None:
    kind = baseline()
    assert kind.measure(stepped(kind, weeks(0.05, 6)), BEGIN, 5.0) is None


def test_one_bad_week_does_not_become_the_measure() -> None:
    kind = baseline(figure="z", min_spread=0.1, levels=[{"name": "a", "severity": 4, "above": 4}])
    readings = [(at, 50.0 if at >= BEGIN - 7 * DAY else 2.0) for at, _ in weeks(2.0, 6)]
    standing = stepped(kind, readings)
    assert kind.measure(standing, BEGIN, 2.0) == pytest.approx(0)
    assert kind.step(standing, BEGIN, 2.5).level == 1


def test_current_that_falls_far_below_that_of_past_nights_is_seen() -> None:
    lamps = baseline(period_days=1, levels=[{"name": "theft", "severity": 2, "below": 0.6, "clear": 0.8}])
    standing = stepped(lamps, weeks(40.0, 1))
    assert lamps.step(standing, BEGIN, 24.0).level == 1
    assert lamps.step(standing, BEGIN, 24.1).level == 0


gaps = st.lists(st.tuples(st.integers(1, 9 * DAY // 60_000), st.floats(0, 100)), min_size=1, max_size=60)


@settings(deadline=None)
@given(gaps, st.integers(1, 7), st.integers(2, 4))
def test_the_figure_is_that_of_all_readings_kept(steps: list[tuple[int, float]], days: int, periods: int) -> None:
    kind = baseline(figure="difference", period_days=days, periods=periods, min_periods=2)
    standing, at = IDLE, BEGIN
    means: dict[int, list[float]] = {}
    for minutes, value in steps:
        at += minutes * 60_000
        begin = at - at % HOUR
        means.setdefault(begin, []).append(value)
        past = [means.get(begin - number * days * DAY) for number in range(1, periods + 1)]
        known = [statistics.fmean(each) for each in past if each]
        figure = kind.measure(standing, at, value)
        if len(known) < 2:
            assert figure is None
        else:
            assert figure == pytest.approx(statistics.fmean(means[begin]) - statistics.median(known), abs=1e-6)
        standing = kind.step(standing, at, value)
        assert len(standing.memory) <= periods * days * 24 + 1
