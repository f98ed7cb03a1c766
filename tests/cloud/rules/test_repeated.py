"""The kind `repeated`: how often an event was, against all readings kept."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from cloud.rules.kinds.repeated import Repeated
from cloud.rules.ladder import IDLE
from tests.cloud.rules.builders import MINUTE, START, Kept, block, minutes, rule

LEVELS = [{"name": "a", "severity": 4, "times": 2}, {"name": "b", "severity": 3, "times": 4}]
OFTEN = {"kind": "repeated", "unit": "m", "window_s": 600, "event": {"above": 5, "clear": 4}, "levels": LEVELS}


def often(**more: object) -> Repeated:
    """Twice and four times in ten minutes."""
    return Repeated.model_validate({**OFTEN, **more})


@pytest.mark.parametrize(
    "wrong",
    [
        {"event": {}},
        {"event": {"above": 1, "below": 0}},
        {"event": {"above": 1, "clear": 2}},
        {"each": "end"},
        {"window_s": 0},
        {"levels": LEVELS[::-1]},
        {"levels": [{"name": "a", "severity": 4, "times": 101}]},
    ],
)
def test_a_repetition_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        often(**wrong)


series = st.lists(st.tuples(st.integers(1, 900), st.sampled_from([0.0, 4.5, 6.0])), min_size=1, max_size=60)


@settings(deadline=None)
@given(series, st.sampled_from(["start", "reading"]))
def test_the_level_is_how_often_the_event_was(steps: list[tuple[int, float]], each: str) -> None:
    kind, standing, at, lasts, events = often(each=each), IDLE, START, False, list[int]()
    for pause_s, value in steps:
        at += pause_s * 1000
        lasted, lasts = lasts, value >= 5 or (lasts and value > 4)
        if lasts and (each == "reading" or not lasted):
            events.append(at)
        count = sum(at - then < 10 * MINUTE for then in events)
        assert kind.measure(standing, at, value) == min(count, 4)
        standing = kind.step(standing, at, value)
        assert standing.level == (count >= 2) + (count >= 4)
        assert len(standing.memory) <= 4


@settings(deadline=None, max_examples=40)
@given(series)
def test_quiet_readings_that_are_skipped_would_have_changed_nothing(steps: list[tuple[int, float]]) -> None:
    kind, every, awake, at = often(), IDLE, IDLE, START
    low, high = kind.band
    for pause_s, value in steps:
        at += pause_s * 1000
        every = kind.step(every, at, value)
        if awake.since or awake.memory or not low < value < high:
            awake = kind.step(awake, at, value)
        assert awake == every


def test_an_event_that_returns_is_one_alarm_even_over_restarts() -> None:
    kept, flapping = Kept(), rule("flapping", kind=OFTEN)
    for at, value in minutes(0.0, 6.0, 4.5, 0.0, 4.5, 6.0, 0.0, 6.0, 0.0, 6.0, 6.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0):
        kept.keep(kept.judge(flapping).observe([block([(at, value)])], received_at=at))
    assert kept.story() == [("raised", "a", 5), ("escalated", "b", 9), ("eased", "a", 11), ("cleared", "a", 17)]


def test_an_event_that_ends_within_the_band_is_not_taken_for_one_that_lasts() -> None:
    kept, flapping = Kept(), rule("flapping", kind=OFTEN)
    judge = kept.judge(flapping)
    for part in (minutes(6.0), minutes(0.0, start=START + MINUTE), minutes(6.0, start=START + 2 * MINUTE)):
        kept.keep(judge.observe([block(part)], received_at=part[0][0]))
    assert kept.story() == [("raised", "a", 2)]
