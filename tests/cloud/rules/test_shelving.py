"""An alarm on the shelf: it lives on, tells nobody, and comes back when its time is over."""

from __future__ import annotations

import pytest

from cloud.alarms.lifecycle import AlarmError
from cloud.rules import desk, shelving
from cloud.rules.desk import Remark
from cloud.rules.judge import Judge
from cloud.rules.shelving import EXPIRED
from tests.cloud.rules.builders import MINUTE, START, Kept, block, minutes, rule

WHY = Remark("lan", "đang sửa cảm biến")


def shelved(kept: Kept, *, until: int = START + 60 * MINUTE) -> tuple[Judge, str]:
    """A flood alarm that was raised, told and then shelved."""
    judge = kept.judge(rule())
    kept.keep(judge.observe([block(minutes(30.5))], received_at=START))
    (alarm,) = kept.alarms
    kept.keep(judge.act(shelving.shelve(alarm, WHY, until=until), now=START))
    return judge, alarm


def test_a_shelved_alarm_tells_nobody_even_after_a_restart_and_when_it_comes_again() -> None:
    kept = Kept()
    judge, alarm = shelved(kept)
    assert len(kept.notices) == 1
    kept.keep(judge.act(desk.acknowledge(alarm, Remark("lan", "")), now=START))
    judge = kept.judge(rule())
    for judgement in (
        judge.observe([block(minutes(31.5, 29.0, 30.5, start=START + MINUTE))], received_at=START + 3 * MINUTE),
        judge.tick(START + 30 * MINUTE),
    ):
        kept.keep(judgement)
    assert [line.what for line in kept.history[-3:]] == ["escalated", "cleared", "raised"]
    assert len(kept.notices) == 1
    (shelf,) = judge.mutes.shelves.all()
    assert (shelf.alarm, shelf.actor, shelf.reason, shelf.until) == (alarm, "lan", WHY.comment, START + 60 * MINUTE)


def test_when_its_time_is_over_people_are_told_of_what_lasts() -> None:
    kept = Kept()
    _, alarm = shelved(kept)
    judge = kept.judge(rule())
    kept.keep(judge.tick(START + 60 * MINUTE))
    assert judge.mutes.shelves.all() == []
    assert [(line.what, line.actor, line.comment) for line in kept.history[-2:]] == [
        ("shelved", "lan", WHY.comment),
        ("unshelved", "system", EXPIRED),
    ]
    assert [(notice.alarm, notice.created_at) for notice in kept.notices.values()] == [
        (alarm, START),
        (alarm, START + 60 * MINUTE),
    ]
    kept.keep(judge.tick(START + 61 * MINUTE))
    assert len(kept.notices) == 2


def test_what_is_over_or_acknowledged_when_it_leaves_the_shelf_is_not_told() -> None:
    kept = Kept()
    judge, alarm = shelved(kept)
    kept.keep(judge.act(desk.acknowledge(alarm, Remark("lan", "")), now=START))
    kept.keep(judge.observe([block(minutes(29.0, start=START + MINUTE))], received_at=START + MINUTE))
    kept.keep(judge.act(shelving.unshelve(alarm, Remark("minh", "xong")), now=START + 2 * MINUTE))
    assert len(kept.notices) == 1
    assert (kept.history[-1].alarm, kept.history[-1].what, kept.history[-1].actor) == (alarm, "unshelved", "minh")
    kept.keep(judge.observe([block(minutes(30.5, start=START + 3 * MINUTE))], received_at=START + 3 * MINUTE))
    assert len(kept.notices) == 2


@pytest.mark.parametrize("until", [START, START + 8 * 24 * 60 * MINUTE])
def test_a_shelf_has_an_end_within_a_week(until: int) -> None:
    kept = Kept()
    with pytest.raises(AlarmError):
        shelved(kept, until=until)
    assert kept.judge(rule()).mutes.shelves.all() == []


def test_only_open_alarms_are_shelved_and_only_shelved_ones_taken_back() -> None:
    judge = Kept().judge(rule())
    with pytest.raises(AlarmError):
        judge.act(shelving.shelve("none", WHY, until=START + MINUTE), now=START)
    with pytest.raises(AlarmError):
        judge.act(shelving.unshelve("none", WHY), now=START)
