"""The judge and readings that come late: they leave a record, and neither page anybody nor move the live alarm."""

from __future__ import annotations

from cloud.rules import desk
from cloud.rules.desk import Remark
from tests.cloud.rules.builders import MINUTE, NOW, START, Kept, block, minutes, rule


def test_old_news_pages_nobody_until_fresh_readings_confirm_it() -> None:
    kept = Kept()
    judge = kept.judge(rule())
    kept.keep(judge.observe([block(minutes(30.5))], received_at=START + 60 * MINUTE))
    assert kept.story() == [("raised", "I", 0)]
    assert not kept.notices
    judge = kept.judge(rule())
    fresh = block(minutes(30.6, 30.7, start=START + 59 * MINUTE))
    kept.keep(judge.observe([fresh], received_at=START + 61 * MINUTE))
    assert [notice.key.split(":")[1] for notice in kept.notices.values()] == ["I"]


def test_old_news_that_is_over_pages_nobody_at_all() -> None:
    kept = Kept()
    kept.keep(kept.judge(rule()).observe([block(minutes(30.5, 29.0))], received_at=START + 60 * MINUTE))
    assert kept.story() == [("raised", "I", 0), ("cleared", "I", 1)]
    assert not kept.notices


def test_late_data_leaves_a_record_and_does_not_move_the_live_alarm() -> None:
    kept = Kept()
    judge = kept.judge(rule())
    kept.keep(judge.observe([block(minutes(29.0, start=START + 10 * MINUTE))], received_at=NOW))
    kept.keep(judge.observe([block(minutes(30.5))], received_at=NOW))
    judge = kept.judge(rule())
    kept.keep(judge.observe([block(minutes(30.6, 31.5, 29.0, start=START + MINUTE))], received_at=NOW))
    assert kept.story() == [("missed", "I", 0), ("missed", "II", 2)]
    (record,) = kept.alarms.values()
    assert (record.open, record.state, record.level, record.raised_at) == (False, "normal", "II", START)
    assert not kept.notices
    assert judge.late_readings == 3


def test_late_data_tells_when_an_open_alarm_really_began() -> None:
    kept = Kept()
    judge = kept.judge(rule())
    kept.keep(judge.observe([block(minutes(30.5, start=START + 10 * MINUTE))], received_at=NOW))
    kept.keep(judge.observe([block(minutes(30.5, 30.5))], received_at=NOW))
    assert kept.story() == [("raised", "I", 10), ("missed", "I", 0)]
    assert len(kept.alarms) == 1


def test_late_data_within_a_known_alarm_is_no_news() -> None:
    kept = Kept()
    judge = kept.judge(rule())
    kept.keep(judge.observe([block(minutes(30.5, 30.5, 30.5, step=4 * MINUTE))], received_at=NOW))
    kept.keep(judge.observe([block(minutes(31.5, start=START + MINUTE))], received_at=NOW))
    (alarm,) = kept.alarms.values()
    kept.keep(judge.act(desk.acknowledge(alarm.id, Remark("lan", "")), now=NOW))
    kept.keep(judge.observe([block(minutes(29.0, start=START + 12 * MINUTE))], received_at=NOW))
    kept.keep(judge.observe([block(minutes(31.5, start=START + 2 * MINUTE))], received_at=NOW))
    assert [what for what, _, _ in kept.story()] == ["raised", "acknowledged", "cleared"]
