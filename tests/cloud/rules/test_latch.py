"""Latch: an alarm that stays although the value has returned, until somebody acknowledges and resets it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.alarms.lifecycle import AlarmError
from cloud.rules import desk, handling
from cloud.rules.desk import Remark
from cloud.rules.judge import Judge
from cloud.rules.rehearse_summary import episodes_of, graveness_of
from tests.cloud.rules.builders import FLOOD, MINUTE, START, Kept, block, minutes, rule

LAN = Remark("lan", "đã kiểm tra")
FREEZE = rule("freeze", latch=True)


def said(kept: Kept) -> list[str]:
    """The kinds of notices, in order."""
    return [key.split(":")[1] for key in kept.notices]


def flood(judge: Judge, kept: Kept, *levels: float, minute: int) -> None:
    readings = minutes(*levels, start=START + minute * MINUTE)
    kept.keep(judge.observe([block(readings)], received_at=readings[-1][0]))


def returned(kept: Kept) -> tuple[Judge, str]:
    """An alarm that latches, whose value has returned."""
    judge = kept.judge(FREEZE)
    flood(judge, kept, 30.5, 29.0, minute=0)
    (alarm,) = kept.alarms
    return judge, alarm


def test_it_stays_until_it_is_acknowledged_and_reset_and_then_its_end_is_told() -> None:
    kept = Kept()
    judge, alarm = returned(kept)
    assert (kept.alarms[alarm].state, kept.alarms[alarm].open) == ("latched_unacked", True)
    assert kept.alarms[alarm].cleared_at == START + MINUTE
    assert said(kept) == ["I"]
    with pytest.raises(AlarmError):
        judge.act(handling.reset(alarm, LAN), now=START + 2 * MINUTE)
    kept.keep(judge.act(desk.acknowledge(alarm, LAN), now=START + 2 * MINUTE))
    judge = kept.judge(FREEZE)
    kept.keep(judge.tick(START + 100 * MINUTE))
    assert (kept.alarms[alarm].state, kept.alarms[alarm].open) == ("latched", True)
    kept.keep(judge.act(handling.reset(alarm, LAN), now=START + 101 * MINUTE))
    assert (kept.alarms[alarm].state, kept.alarms[alarm].open) == ("normal", False)
    assert [line.what for line in kept.history] == ["raised", "latched", "acknowledged", "reset"]
    assert said(kept) == ["I", "cleared"]


def test_while_the_problem_lasts_nobody_resets_it() -> None:
    kept = Kept()
    judge = kept.judge(FREEZE)
    flood(judge, kept, 30.5, minute=0)
    (alarm,) = kept.alarms
    kept.keep(judge.act(desk.acknowledge(alarm, LAN), now=START))
    with pytest.raises(AlarmError):
        judge.act(handling.reset(alarm, LAN), now=START)
    flood(judge, kept, 29.0, minute=1)
    assert kept.alarms[alarm].state == "latched"


def test_when_the_problem_comes_again_it_is_the_same_alarm_and_must_be_seen_again() -> None:
    kept = Kept()
    judge, alarm = returned(kept)
    kept.keep(judge.act(desk.acknowledge(alarm, LAN), now=START + 2 * MINUTE))
    flood(judge, kept, 31.5, minute=3)
    (row,) = kept.alarms.values()
    assert (row.id, row.state, row.level, row.acknowledged_by, row.activations) == (alarm, "unacked", "II", "", 2)
    assert said(kept) == ["I", "II"]


def test_a_rule_that_latches_no_more_still_waits_for_the_reset() -> None:
    kept = Kept()
    _, alarm = returned(kept)
    judge = kept.judge(rule("freeze"))
    kept.keep(judge.act(desk.acknowledge(alarm, LAN), now=START + 2 * MINUTE))
    assert kept.alarms[alarm].state == "latched"
    kept.keep(judge.act(handling.reset(alarm, LAN), now=START + 3 * MINUTE))
    flood(judge, kept, 30.5, 29.0, minute=4)
    assert sorted(row.state for row in kept.alarms.values()) == ["normal", "returned_unacked"]


def test_a_rehearsal_sees_the_end_of_what_latches() -> None:
    kept = Kept()
    judge, _ = returned(kept)
    flood(judge, kept, 30.5, minute=9)
    device = ("yen-bai", "gw-1", "river-1")
    first, second = episodes_of("freeze", device, kept.history, levels=graveness_of(FREEZE))
    assert (first.raised_at, first.cleared_at) == (START, START + MINUTE)
    assert (second.raised_at, second.cleared_at) == (START + 9 * MINUTE, None)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["up", "down", "acknowledge", "reset", "restart", "tick"]), max_size=30))
def test_any_order_of_what_happens_keeps_one_legal_alarm_and_restarts_change_nothing(steps: list[str]) -> None:
    plain, broken = Kept(), Kept()
    for kept in (plain, broken):
        judge = kept.judge(FREEZE)
        for minute, step in enumerate(steps, 1):
            now = START + minute * MINUTE
            alarm = next((row.id for row in kept.alarms.values() if row.open), "none")
            try:
                if step in ("up", "down"):
                    flood(judge, kept, FLOOD[0]["above"] + 0.5 if step == "up" else 29.0, minute=minute)  # type: ignore[operator]
                elif step in ("acknowledge", "reset"):
                    deed = desk.acknowledge if step == "acknowledge" else handling.reset
                    kept.keep(judge.act(deed(alarm, LAN), now=now))
                elif step == "tick":
                    kept.keep(judge.tick(now))
                elif kept is broken:
                    judge = kept.judge(FREEZE)
            except AlarmError:
                continue
    assert plain.history == broken.history
    assert plain.notices == broken.notices
    assert plain.alarms == broken.alarms
    assert all(row.state != "returned_unacked" for row in plain.alarms.values()), "it never leaves without a reset"
