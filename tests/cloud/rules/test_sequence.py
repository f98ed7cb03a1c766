"""The kind `sequence`: what begins soon after something else has begun."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from cloud.rules.groups import Input, replay
from cloud.rules.judge import Judge
from cloud.rules.kinds.sequence import Succession
from cloud.rules.rule import Rule
from cloud.rules.rule_set import check_rule
from device_profiles.load import load_catalogue
from tests.cloud.rules.builders import MINUTE, START, Kept, block, rule

THEFT: dict[str, Any] = {
    "kind": "sequence",
    "by": "gateway",
    "first": {"above": 1},
    "then": {"below": 0},
    "other": {"profile": "cabinet_ups_router", "point": "mains"},
    "levels": [
        {"name": "soon", "severity": 3, "within_s": 1800},
        {"name": "at_once", "severity": 2, "within_s": 300},
    ],
}
DOOR: dict[str, object] = {"profile": "street_light_cabinet", "point": "door"}


def theft(**more: Any) -> Rule:
    """The door of a cabinet opens, and then its mains are lost."""
    return rule("theft", kind={**THEFT, **more}, selector=DOOR)


def see(kept: Kept, judge: Judge, minute: float, *, door: bool | None = None, mains: bool | None = None) -> None:
    """One reading of the cabinet or of its router."""
    at = START + round(minute * MINUTE)
    profile, point = ("street_light_cabinet", "door") if door is not None else ("cabinet_ups_router", "mains")
    value = door if door is not None else mains
    part = block([(at, value)], point=point, profile=profile, device=profile, gateway="cabinet", site="road")
    kept.keep(judge.observe([part], received_at=at))


@pytest.mark.parametrize(
    "wrong",
    [
        {"first": {}},
        {"other": {"profile": "x"}},
        {"other": None, "then": {"above": 1}},
        {"levels": [{"name": "a", "severity": 3, "within_s": 60}, {"name": "b", "severity": 2, "within_s": 600}]},
    ],
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        theft(**wrong)


def test_the_second_soon_after_the_first_is_an_alarm_until_the_second_ends() -> None:
    kept = Kept()
    judge = kept.judge(theft())
    see(kept, judge, 0, door=False)
    see(kept, judge, 0, mains=True)
    see(kept, judge, 1, door=True)
    see(kept, judge, 2, door=False)
    see(kept, judge, 3, mains=False)
    [alarm] = kept.alarms.values()
    assert (alarm.gateway, alarm.device, alarm.level, alarm.value) == ("@gateway", "cabinet", "at_once", 120)
    see(kept, judge, 60, mains=False)
    see(kept, judge, 61, mains=True)
    assert kept.story() == [("raised", "at_once", 3), ("cleared", "at_once", 61)]


@pytest.mark.parametrize(
    "story",
    [
        [(0, "mains", False), (1, "door", True)],  # the other way round
        [(0, "door", True), (40, "mains", False)],  # too late
        [(0, "mains", False), (5, "door", True), (6, "mains", False)],  # lost all along
        [(0, "mains", False)],
    ],
)
def test_any_other_order_or_pace_is_none(story: list[tuple[int, str, bool]]) -> None:
    kept = Kept()
    judge = kept.judge(theft())
    for minute, what, value in story:
        see(kept, judge, minute, **{what: value})
    assert not kept.alarms


def test_the_first_may_arrive_behind_the_second() -> None:
    kept = Kept()
    judge = kept.judge(theft())
    see(kept, judge, 3, mains=False)
    see(kept, judge, 1, door=True)
    assert kept.story() == [("raised", "at_once", 3)]


def test_the_unit_of_the_second_is_checked() -> None:
    profiles = load_catalogue().profiles
    river = {"profile": "river_gauge_radar", "point": "level_m"}
    assert not list(check_rule(theft(), profiles, channels=(), file="x"))
    [fault] = check_rule(theft(other=river), profiles, channels=(), file="x")
    assert "does not fit level_m" in str(fault)
    assert not list(check_rule(theft(other=river, other_unit="m"), profiles, channels=(), file="x"))


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 20), st.integers(0, 6)), max_size=30),
    st.sets(st.integers(0, 29)),
)
def test_restarts_change_nothing(story: list[tuple[bool, bool, int, int]], restarts: set[int]) -> None:
    kept, undisturbed = Kept(), Kept()
    judge, other = kept.judge(theft()), undisturbed.judge(theft())
    clock = 0
    for number, (is_door, value, pause, late) in enumerate(story):
        clock += pause
        if number in restarts:
            judge = kept.judge(theft())
        said = {"door" if is_door else "mains": value}
        see(kept, judge, clock - late, **said)
        see(undisturbed, other, clock - late, **said)
    assert kept.history == undisturbed.history
    assert kept.alarms == undisturbed.alarms


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(1, 900)), max_size=30))
def test_the_level_is_what_the_begins_say(story: list[tuple[bool, bool, int]]) -> None:
    kind = Succession.model_validate(THEFT)
    inputs: list[Input] = []
    begins: dict[bool, int | None] = {True: None, False: None}
    firsts: list[int] = []
    clock = level = 0
    for is_door, value, pause in story:
        clock += pause
        inputs.append(Input(clock * 1000, float(value), ("gw", "door" if is_door else "mains"), 0 if is_door else 1))
        lasts = value if is_door else not value
        if lasts and begins[is_door] is None:
            begins[is_door] = clock
            firsts += [clock] if is_door else []
        elif not lasts:
            begins[is_door] = None
        then = begins[False]
        delays = [then - first for first in firsts[-8:] if then is not None and 0 <= then - first <= 1800]
        level = sum(min(delays, default=9999) <= within for within in (1800, 300))
    standing, _ = replay(kind, inputs)
    assert standing.level == level
