"""Flapping: what comes and goes is one alarm and one notice, escalations are told, and calm ends it."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.alarms.lifecycle import AlarmError
from cloud.rules import desk, shelving
from cloud.rules.desk import Remark
from cloud.rules.judge import Judge
from cloud.rules.rule import Rule
from tests.cloud.rules.builders import MINUTE, START, Kept, block, minutes, rule

LAN = Remark("lan", "")
NERVOUS = rule("flood", flap={"raises": 3, "within_s": 1800, "calm_s": 1200})


def flood(judge: Judge, kept: Kept, *levels: float, minute: int = 0) -> None:
    """Readings a minute apart, each of which arrives at once."""
    for at, level in minutes(*levels, start=START + minute * MINUTE):
        kept.keep(judge.observe([block([(at, level)])], received_at=at))


def said(kept: Kept) -> list[str]:
    """What people were told, in order: the level, or another word."""
    return [key.split(":")[1] for key in kept.notices]


def words(kept: Kept, *wanted: str) -> list[str]:
    return [line.what for line in kept.history if line.what in wanted]


def flapping(kept: Kept, *rules: Rule) -> Judge:
    """Four raises in eight minutes: more than three."""
    judge = kept.judge(*(rules or (NERVOUS,)))
    flood(judge, kept, *([30.5, 29.0] * 4))
    return judge


def test_the_fourth_raise_is_told_as_flapping_and_then_nothing_more_but_all_is_recorded() -> None:
    kept = Kept()
    judge = flapping(kept)
    assert said(kept) == ["I", "cleared", "I", "cleared", "I", "cleared", "flapping"]
    judge = kept.judge(NERVOUS)
    flood(judge, kept, 30.5, 29.0, 30.5, 29.0, minute=8)
    assert said(kept)[6:] == ["flapping"]
    (alarm,) = kept.alarms.values()
    assert alarm.activations == 6
    assert words(kept, "raised") == ["raised"] * 6
    assert [(line.comment, line.observed_at) for line in kept.history if line.what == "flapping"] == [
        ("4 times in 30 min", START + 6 * MINUTE)
    ]
    notice = next(row for row in kept.notices.values() if ":flapping:" in row.key)
    assert "Chập chờn, 4 lần trong 30 phút" in notice.body


def test_graver_levels_are_told_each_once_while_it_flaps() -> None:
    kept = Kept()
    judge = flapping(kept)
    flood(judge, kept, 30.5, 31.5, 30.5, 31.5, 32.5, 29.0, 32.5, minute=8)
    assert said(kept)[6:] == ["flapping", "II", "III"]


def test_an_acknowledged_alarm_that_comes_again_stays_the_same_alarm_also_after_a_restart() -> None:
    kept = Kept()
    judge = flapping(kept)
    (alarm,) = kept.alarms
    kept.keep(judge.act(desk.acknowledge(alarm, LAN), now=START + 8 * MINUTE))
    assert not kept.alarms[alarm].open
    judge = kept.judge(NERVOUS)
    flood(judge, kept, 30.5, minute=9)
    assert list(kept.alarms) == [alarm]
    assert (kept.alarms[alarm].state, kept.alarms[alarm].activations) == ("unacked", 5)
    assert kept.alarms[alarm].acknowledged_by == ""


def test_when_it_is_calm_people_are_told_once_how_it_stands() -> None:
    kept = Kept()
    judge = flapping(kept)
    flood(judge, kept, 30.5, minute=8)
    told = len(said(kept))
    judge = kept.judge(NERVOUS)
    for minute in (27, 28, 29):
        kept.keep(judge.tick(START + minute * MINUTE))
    assert said(kept)[told:] == ["I"], "it lasts, and its last raise was kept from people"
    (line,) = [line for line in kept.history if line.what == "steady"]
    assert (line.comment, line.observed_at) == ("5 times", START + 28 * MINUTE)
    flood(judge, kept, 29.0, 30.5, minute=40)
    assert said(kept)[told:] == ["I", "cleared", "I"], "and from now on as always"


def test_when_it_is_calm_and_over_its_end_is_told() -> None:
    kept = Kept()
    judge = flapping(kept)
    told = len(said(kept))
    kept.keep(judge.tick(START + 26 * MINUTE))
    assert said(kept)[told:] == ["cleared"]
    kept.keep(judge.tick(START + 100 * MINUTE))
    assert said(kept)[told:] == ["cleared"]
    assert not any(row.state for row in kept.states.values() if row.rule.startswith("@flap"))


def test_calm_is_judged_by_the_readings_also_when_no_tick_came_between() -> None:
    kept = Kept()
    judge = flapping(kept)
    told = len(said(kept))
    flood(judge, kept, 30.5, minute=40)
    assert words(kept, "flapping", "steady") == ["flapping", "steady"]
    assert said(kept)[told:] == ["I"]


def test_what_nobody_heard_is_not_the_one_notice() -> None:
    kept = Kept()
    judge = kept.judge(NERVOUS)
    flood(judge, kept, 30.5, 29.0)
    (alarm,) = kept.alarms
    kept.keep(judge.act(shelving.shelve(alarm, LAN, until=START + 60 * MINUTE), now=START + MINUTE))
    flood(judge, kept, 30.5, 29.0, 30.5, 29.0, 30.5, minute=2)
    assert words(kept, "flapping") == ["flapping"]
    assert said(kept) == ["I", "cleared"]
    kept.keep(judge.act(shelving.unshelve(alarm, LAN), now=START + 9 * MINUTE))
    assert said(kept) == ["I", "cleared", "flapping"]


def test_a_river_that_swings_around_a_level_flaps_too() -> None:
    kept = Kept()
    judge = kept.judge(NERVOUS)
    flood(judge, kept, 30.5, *([31.5, 30.5] * 6))
    assert said(kept) == ["I", "II", "II", "II", "flapping"]


@pytest.mark.parametrize("calm", [rule("flood", flap={"raises": 0}), rule("flood", flap={"raises": 3, "within_s": 60})])
def test_a_rule_may_never_flap_and_rare_raises_do_not(calm: Rule) -> None:
    kept = Kept()
    flapping(kept, calm)
    assert words(kept, "flapping") == []
    assert said(kept) == ["I", "cleared"] * 4


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([1, 1, 1, 15, 25]), st.sampled_from([29.0, 30.5, 31.5, 32.5, "acknowledge", "tick"])),
        max_size=40,
    )
)
def test_restarts_change_nothing_and_no_graver_level_is_hidden(steps: list[tuple[int, float | str]]) -> None:
    plain, broken = lived(steps, restarts=False), lived(steps, restarts=True)
    assert plain.history == broken.history
    assert plain.notices == broken.notices
    assert plain.alarms == broken.alarms
    told: dict[str, list[str]] = {}
    for key in plain.notices:
        told.setdefault(key.split(":")[0], []).append(key.split(":")[1])
    for line in plain.history:
        if line.what in ("raised", "escalated") and line.level in ("II", "III"):
            assert {line.level, "III", "flapping"} & set(told[line.alarm]), "every grave level was told"


def lived(steps: list[tuple[int, float | str]], *, restarts: bool) -> Kept:
    """What is kept after readings, ticks and acknowledgements, with a restart before each of them or without."""
    kept, minute = Kept(), 0
    judge = kept.judge(NERVOUS)
    for gap, step in steps:
        minute += gap
        now = START + minute * MINUTE
        judge = kept.judge(NERVOUS) if restarts else judge
        if isinstance(step, float):
            flood(judge, kept, step, minute=minute)
        elif step == "tick":
            kept.keep(judge.tick(now))
        else:
            alarm = next((row.id for row in kept.alarms.values() if row.open), "none")
            with contextlib.suppress(AlarmError):
                kept.keep(judge.act(desk.acknowledge(alarm, LAN), now=now))
    return kept
