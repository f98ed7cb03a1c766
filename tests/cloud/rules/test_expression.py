"""The kind `expression`: several points of a device, or of a site, in one formula."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from cloud.rules.groups import Input, replay
from cloud.rules.kinds.expression import Expression
from cloud.rules.rule_set import check_rule
from device_profiles.load import load_catalogue
from tests.cloud.rules.builders import MINUTE, START, Kept, block, rule

HOUR, NODE, OTHER = 3_600_000, ("gw-1", "node-1"), ("gw-1", "node-2")
SLOPE = {
    "kind": "expression",
    "formula": "tilt > 0.1 && soil > 85 ? 2 : (wet ? 1 : 0)",
    "inputs": {
        "tilt": {"point": "tilt_rate_deg_h", "unit": "deg/h"},
        "soil": {"point": "soil_moist_pct", "unit": "%"},
        "wet": {"point": "wet", "truth": True},
    },
    "levels": [
        {"name": "watch", "severity": 3, "above": 1},
        {"name": "slide", "severity": 1, "above": 2},
    ],
}


def slope(**more: object) -> Expression:
    """Tilt and wet soil together are grave, a wet leaf alone is watched."""
    return Expression.model_validate({**SLOPE, **more})


def given_at(at: int, part: int, value: float, member: tuple[str, str] = NODE) -> Input:
    """One reading of one input."""
    return Input(at, value, member, part)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"formula": "tilt > 1"}, "does not use soil, wet"),
        ({"formula": "tilt + soil + wet > 1"}, "number(...)"),
        ({"formula": "tilt > 1 && soil > 1 && wt"}, "did you mean 'wet'"),
        ({"inputs": {}}, "at least 1"),
        ({"levels": []}, "at least 1"),
    ],
)
def test_an_expression_that_makes_no_sense_is_refused(wrong: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError) as caught:
        slope(**wrong)
    assert reason in str(caught.value)


def test_nothing_is_said_while_a_value_is_missing_or_too_old() -> None:
    both = [given_at(0, 0, 0.5), given_at(1000, 1, 90.0)]
    assert replay(slope(), both)[0].level == 0
    assert replay(slope(), [*both, given_at(2000, 2, 0.0)])[0].level == 2
    assert replay(slope(), [*both, given_at(HOUR, 2, 0.0)])[0].level == 0


def test_levels_come_and_go_with_the_formula() -> None:
    story = [
        given_at(0, 0, 0.05), given_at(0, 1, 90.0), given_at(0, 2, 1.0),  # watched
        given_at(60_000, 0, 0.11), given_at(120_000, 0, 0.1), given_at(180_000, 2, 0.0),
    ]  # fmt: skip
    assert [(move.at, move.after) for move in replay(slope(), story)[1]] == [
        (0, 1),
        (60_000, 2),
        (120_000, 1),
        (180_000, 0),
    ]


@pytest.mark.parametrize(("of", "level"), [("newest", 0), ("min", 0), ("mean", 1), ("max", 1)])
def test_of_several_devices_of_a_site_the_wanted_value_counts(of: str, level: int) -> None:
    kind = slope(
        by="site",
        formula="tilt",
        inputs={"tilt": {"point": "tilt_rate_deg_h", "of": of}},
        levels=[{"name": "a", "severity": 3, "above": 0.5}],
    )
    assert replay(kind, [given_at(0, 0, 1.0), given_at(1000, 0, 0.0, OTHER)])[0].level == level


readings = st.lists(st.tuples(st.integers(0, 2), st.sampled_from([0.0, 0.2, 1.0, 86.0])), max_size=40)


@settings(deadline=None)
@given(readings)
def test_the_level_is_that_of_the_newest_values(story: list[tuple[int, float]]) -> None:
    newest: dict[int, float] = {}
    for number, (part, value) in enumerate(story):
        newest[part] = value
        standing, _ = replay(slope(), [given_at(at * 1000, *each) for at, each in enumerate(story[: number + 1])])
        if len(newest) == 3:
            grave = newest[0] > 0.1 and newest[1] > 85
            assert standing.level == (2 if grave else int(newest[2] >= 0.5))
        else:
            assert standing.level == 0


GAUGE = {
    "profile": "river_gauge_radar",
    "point": "level_m",
}
FAST_AND_HIGH: dict[str, Any] = {
    "kind": "expression",
    "formula": "level > 30 && speed > 2 ? level : 0",
    "unit": "m",
    "inputs": {"level": {"point": "level_m", "unit": "m"}, "speed": {"point": "velocity_m_s", "unit": "m/s"}},
    "levels": [{"name": "fast and high", "severity": 2, "above": 30, "clear": 29}],
}


def test_points_of_one_device_make_one_alarm_that_outlives_a_restart() -> None:
    kept, made = Kept(), rule("fast", selector=GAUGE, kind=FAST_AND_HIGH)
    judge = kept.judge(made)
    story = [("level_m", 31.0), ("velocity_m_s", 1.0), ("velocity_m_s", 2.5), ("level_m", 29.5)]
    for minute, (point, value) in enumerate(story):
        at = START + minute * MINUTE
        kept.keep(judge.observe([block([(at, value)], point=point)], received_at=at))
        judge = kept.judge(made)
    (alarm,) = kept.alarms.values()
    assert (alarm.gateway, alarm.device, alarm.point, alarm.value) == ("gw-1", "river-1", "level_m", 31.0)
    assert kept.story() == [("raised", "fast and high", 2), ("cleared", "fast and high", 3)]


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("speed", {"point": "velocity"}, "did you mean 'velocity_m_s'"),
        ("speed", {"unit": "m/h"}, "m/h does not fit velocity_m_s"),
        ("speed", {"truth": True}, "is a number"),
        ("level", {"point": "batt_v", "unit": "V"}, "level_m is no input"),
    ],
)
def test_an_input_that_does_not_fit_its_profile_is_refused(name: str, change: dict[str, Any], reason: str) -> None:
    inputs = {key: dict(each) for key, each in FAST_AND_HIGH["inputs"].items()}
    inputs[name].update(change)
    formula = "speed ? level : 0" if change.get("truth") else FAST_AND_HIGH["formula"]
    made = rule("fast", selector=GAUGE, kind={**FAST_AND_HIGH, "inputs": inputs, "formula": formula})
    faults = list(check_rule(made, load_catalogue().profiles, channels=(), file="fast.toml"))
    assert any(reason in str(fault) for fault in faults), faults
