"""The kind `window`: its figures against those of every reading kept, and what it keeps itself."""

from __future__ import annotations

import math
import statistics
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from cloud.rules.kinds.window import Window
from cloud.rules.ladder import IDLE
from tests.cloud.rules.builders import MINUTE, START, Kept, block, minutes, rule

LEVELS = [{"name": "a", "severity": 3, "above": 30}, {"name": "b", "severity": 2, "above": 50}]
RAIN = {"kind": "window", "unit": "m", "figure": "sum", "window_s": 600, "step_s": 60, "levels": LEVELS}


def window(**more: object) -> Window:
    """The sum of ten minutes, in steps of one."""
    return Window.model_validate({**RAIN, **more})


@pytest.mark.parametrize(
    "wrong",
    [
        {"figure": "median"},
        {"figure": "count"},
        {"window_s": 0},
        {"step_s": 601},
        {"step_s": 1},
        {"percentile": 101},
        {"min_readings": 0},
        {"levels": LEVELS[::-1]},
        {"levels": []},
    ],
)
def test_a_window_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        window(**wrong)


def nearest_rank(values: list[float]) -> float:
    """The 80th percentile."""
    return sorted(values)[math.ceil(0.8 * len(values)) - 1]


FIGURES = {
    "min": min,
    "max": max,
    "sum": math.fsum,
    "mean": statistics.fmean,
    "count": len,
    "percentile": nearest_rank,
}
series = st.lists(st.tuples(st.integers(0, 12), st.floats(-50, 50).map(lambda v: round(v, 1))), min_size=1, max_size=40)


@settings(deadline=None)
@given(series, st.sampled_from(sorted(FIGURES)), st.booleans())
def test_a_window_says_what_all_its_readings_would(steps: list[tuple[int, float]], figure: str, tumbling: bool) -> None:
    """One reading a step at most: then steps lose nothing, whatever the figure."""
    kind = window(figure=figure, unit="1", percentile=80, tumbling=tumbling)
    standing, at, past = IDLE, START, list[tuple[int, float]]()
    for pause, value in steps:
        at += (pause + 1) * MINUTE
        if tumbling:
            began = at - at % (10 * MINUTE)
            newest = past[-1][0] - past[-1][0] % (10 * MINUTE) if past else began
            seen = [v for then, v in past if newest <= then < newest + 10 * MINUTE] if newest < began else []
        else:
            seen = [v for then, v in [*past, (at, value)] if at - then < 10 * MINUTE]
        expected = FIGURES[figure](seen) if seen else None  # type: ignore[operator]
        assert kind.measure(standing, at, value) == (None if expected is None else pytest.approx(expected, abs=1e-6))
        standing = kind.step(standing, at, value)
        past.append((at, value))


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(1, 5_000), min_size=1, max_size=400))
def test_memory_is_bounded_by_steps_and_no_reading_is_lost_from_a_sum(pauses: list[int]) -> None:
    kind, standing, at, past = window(), IDLE, START, list[int]()
    for pause in pauses:
        at += pause
        past.append(at)
        figure = kind.measure(standing, at, 1.0)
        standing = kind.step(standing, at, 1.0)
        begin = at - at % MINUTE - 9 * MINUTE
        assert figure == sum(then >= begin for then in past)
        assert len(standing.memory) == len(standing.counts) <= 10


def test_a_figure_of_too_few_readings_raises_nothing() -> None:
    kind = window(figure="mean", min_readings=3)
    standing = kind.step(kind.step(IDLE, START, 90), START + MINUTE, 90)
    assert standing.level == 0
    assert kind.step(standing, START + 2 * MINUTE, 90).level == 2


def test_a_day_of_hanoi_begins_at_its_midnight() -> None:
    kind = window(window_s=86_400, step_s=600, tumbling=True)
    midnight = 17 * 60 * MINUTE  # 1970-01-02 00:00 at Hà Nội
    standing = kind.step(IDLE, midnight - MINUTE, 40)
    assert kind.measure(standing, midnight - 1, 0) is None
    assert kind.measure(standing, midnight, 5) == 40


def test_rain_survives_restarts_and_late_rain_tells_nobody() -> None:
    rain, kept = rule("rain", kind=RAIN), Kept()
    for at, value in [*minutes(9.0, 9.0, 9.0, 9.0), *minutes(0.0, start=START + 12 * MINUTE)]:
        kept.keep(kept.judge(rain).observe([block([(at, value)])], received_at=at))
    told = len(kept.notices)
    assert kept.story() == [("raised", "a", 3), ("cleared", "a", 12)]
    late = [block(minutes(40.0, start=START - 5 * MINUTE))]
    judge = kept.judge(rain)
    kept.keep(judge.observe(late, received_at=START + 13 * MINUTE))
    fell = [(-5, 40.0), *enumerate([9.0] * 4), (12, 0.0)]
    kept.review(judge, [(START + minute * MINUTE, value) for minute, value in fell])
    assert kept.story()[2:] == [("withdrawn", "a", 3), ("missed", "a", -5), ("missed", "b", 1)]
    assert len(kept.notices) == told


def test_another_figure_begins_with_an_empty_window() -> None:
    kept = Kept()
    largest = rule("rain", kind={**RAIN, "figure": "max"})
    kept.keep(kept.judge(rule("rain", kind=RAIN)).observe([block(minutes(9.0, 9.0, 9.0))], received_at=START))
    kept.keep(kept.judge(largest).observe([block(minutes(29.0, start=START + 3 * MINUTE))], received_at=START))
    assert kept.story() == []
