"""The kind `flat_line`: how long a value has stood still, whatever came before."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from cloud.rules.kinds.flat_line import FlatLine
from cloud.rules.ladder import IDLE
from cloud.rules.rule_set import check_rule
from device_profiles.load import load_catalogue
from tests.cloud.rules.builders import START, Kept, block, minutes, rule

LEVELS = [{"name": "a", "severity": 4, "after_s": 600}, {"name": "b", "severity": 3, "after_s": 1200}]
FLAT = {"kind": "flat_line", "unit": "m", "tolerance": 0.01, "gap_s": 900, "levels": LEVELS}


def flat(**more: object) -> FlatLine:
    """Ten and twenty minutes within a centimetre."""
    return FlatLine.model_validate({**FLAT, **more})


@pytest.mark.parametrize(
    "wrong",
    [
        {"tolerance": -1},
        {"gap_s": 0},
        {"levels": []},
        {"levels": LEVELS[::-1]},
        {"levels": [{"name": "a", "severity": 4, "above": 600}]},
        {"hold_s": 5},
    ],
)
def test_a_flat_line_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        flat(**wrong)


readings = st.lists(st.tuples(st.integers(1, 1200), st.sampled_from([5.0, 5.01, 5.03, 0.0])), min_size=1, max_size=60)


@settings(deadline=None)
@given(readings)
def test_the_level_is_the_time_since_the_first_of_equal_readings(steps: list[tuple[int, float]]) -> None:
    kind, standing, at = flat(normal=(0.0,)), IDLE, START
    first, before = (at, -1.0), at
    for pause_s, value in steps:
        at += pause_s * 1000
        if round(abs(value - first[1]), 6) > 0.01 or at - before > 900_000 or value == 0.0:
            first = (at, value)
        before = at
        assert kind.measure(standing, at, value) == (at - first[0]) / 1000
        standing = kind.step(standing, at, value)
        assert standing.level == sum(at - first[0] >= after_s * 1000 for after_s in (600, 1200))
        assert len(standing.memory) == 2


def test_a_stuck_gauge_is_one_alarm_that_ends_when_it_moves_even_over_restarts() -> None:
    kept, stuck = Kept(), rule("stuck", kind=FLAT)
    for at, value in minutes(*[5.0] * 25, 5.2):
        kept.keep(kept.judge(stuck).observe([block([(at, value)])], received_at=at))
    assert kept.story() == [("raised", "a", 10), ("escalated", "b", 20), ("cleared", "b", 25)]


def test_a_rule_that_could_never_speak_is_refused_with_every_reason() -> None:
    levels = [{"name": "a", "severity": 4, "after_s": 90_000}]
    deaf = rule("stuck", kind={**FLAT, "unit": "mm", "gap_s": 60, "levels": levels})
    keys = [fault.key for fault in check_rule(deaf, load_catalogue().profiles, channels=(), file="stuck.toml")]
    assert keys == ["kind.unit", "kind.gap_s", "kind.levels"]
