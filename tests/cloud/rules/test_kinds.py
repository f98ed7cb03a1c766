"""The kinds of rules: what they refuse in a file, and what holds for every series of readings."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from cloud.rules.kinds.rate_of_change import MEMORY, RateOfChange
from cloud.rules.kinds.stale import Stale
from cloud.rules.kinds.threshold import Threshold
from cloud.rules.ladder import IDLE, Standing
from tests.cloud.rules.builders import FLOOD, rule

values = st.lists(st.floats(25, 40, allow_nan=False), min_size=1, max_size=60)


def threshold(*levels: dict[str, Any], hold_s: float = 0) -> Threshold:
    """A threshold in metres."""
    return Threshold.model_validate({"kind": "threshold", "unit": "m", "hold_s": hold_s, "levels": levels})


def level(name: str = "I", severity: int = 3, **more: float) -> dict[str, Any]:
    """One level."""
    return {"name": name, "severity": severity, **more}


@pytest.mark.parametrize(
    "levels",
    [
        [],
        [level()],
        [level(above=1, below=2)],
        [level(above=1, clear=2)],
        [level(below=1, clear=0)],
        [level(above=math.inf)],
        [level(above=math.nan)],
        [level(above=2), level("II", 2, above=1)],
        [level(above=1), level("I", 2, above=2)],
        [level(above=1), level("II", 2, below=0)],
        [level(above=1, severity=1), level("II", 2, above=2)],
        [level(above=1, clear=0.9), level("II", 2, above=2, clear=0.5)],
        [level(above=1, severity=5)],
    ],
)
def test_levels_that_make_no_sense_are_refused(levels: list[dict[str, Any]]) -> None:
    with pytest.raises(ValidationError):
        threshold(*levels)


@given(values)
def test_without_hold_the_level_is_what_the_thresholds_say(series: list[float]) -> None:
    kind, standing = threshold(*FLOOD), IDLE
    for at, value in enumerate(series):
        standing = kind.step(standing, at, value)
        reached = sum(value >= entry["above"] for entry in FLOOD)
        not_left = sum(value > entry["clear"] for entry in FLOOD)
        assert reached <= standing.level <= not_left


@given(values, st.integers(1, 20))
def test_with_a_hold_no_level_comes_earlier_than_without(series: list[float], hold_s: int) -> None:
    prompt, held = threshold(*FLOOD), threshold(*FLOOD, hold_s=hold_s)
    one = two = IDLE
    for number, value in enumerate(series):
        one, two = prompt.step(one, number * 1000, value), held.step(two, number * 1000, value)
        assert two.level <= one.level
        assert two.since == one.since
        assert all(number * 1000 - since >= hold_s * 1000 for since in two.since[: two.level])


@given(values)
def test_below_is_the_mirror_of_above(series: list[float]) -> None:
    above = threshold(*FLOOD)
    below = threshold(
        *({"name": e["name"], "severity": e["severity"], "below": -e["above"], "clear": -e["clear"]} for e in FLOOD)
    )
    one = two = IDLE
    for at, value in enumerate(series):
        one, two = above.step(one, at, value), below.step(two, at, -value)
        assert one == two
    assert below.band == (-above.band[1], -above.band[0])


@given(values)
def test_values_within_the_band_change_nothing(series: list[float]) -> None:
    kind = threshold(*FLOOD)
    low, high = kind.band
    for at, value in enumerate(series):
        if low < value < high:
            assert kind.step(IDLE, at, value) is IDLE


RISE = {"kind": "rate_of_change", "unit": "m/h", "window_s": 3600, "min_span_s": 600}


def rise(**more: object) -> RateOfChange:
    """0.3 m/h within an hour."""
    return RateOfChange.model_validate({**RISE, "levels": [level(above=0.3)], **more})


@pytest.mark.parametrize("wrong", [{"unit": "m"}, {"unit": "m/week"}, {"min_span_s": 7200}, {"window_s": 0}])
def test_a_rate_needs_a_unit_per_time_and_a_span(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        rise(**wrong)


@given(st.floats(-2, 2), st.integers(10, 600), st.integers(2, 100))
def test_a_steady_slope_is_measured_as_it_is(per_hour: float, step_s: int, count: int) -> None:
    kind, standing = rise(), IDLE
    for number in range(count):
        at = number * step_s * 1000
        value = 30 + per_hour * number * step_s / 3600
        slope = kind.measure(standing, at, value)
        if slope is not None:
            assert slope == pytest.approx(per_hour, abs=1e-6)
        assert (slope is not None) == (number * step_s >= 600)
        standing = kind.step(standing, at, value)
        assert len(standing.memory) <= MEMORY + 1


def test_a_gap_longer_than_the_window_is_no_slope() -> None:
    kind = rise()
    standing = kind.step(IDLE, 0, 27.0)
    assert kind.measure(standing, 3_600_001, 33.0) is None
    assert kind.step(standing, 3_600_001, 33.0).level == 0
    assert kind.level(1).name == "I"


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=40))
def test_silence_counts_levels_by_its_length(ages: list[int]) -> None:
    kind = Stale.model_validate({"kind": "stale", "levels": [level("a", 3, after_s=600), level("b", 2, after_s=3600)]})
    standing = Standing()
    for at, age in enumerate(ages):
        standing = kind.step(standing, at, age)
        assert standing.level == (age >= 600) + (age >= 3600)
    assert kind.fits("m")
    assert kind.band == (-math.inf, math.inf)
    assert kind.measure(standing, 0, 5) == 5.0
    assert kind.level(2).threshold == 3600


@pytest.mark.parametrize(
    "wrong",
    [
        {"selector": {"profile": "river_gauge_radar"}},
        {"text": {"vi": "{nonsense}", "en": "x"}},
        {"text": {"vi": "x", "en": "{__class__}"}},
        {"index": "flood_level", "kind": {**RISE, "levels": [level(above=0.3)]}},
        {"index": "flood_level", "kind": {"kind": "threshold", "unit": "m", "levels": [level(below=0.3)]}},
        {"kind": {"kind": "expression"}},
        {"surprise": 1},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        rule(**wrong)
