"""The judge follows readings that come in order: raise, escalate, ease, clear; and whose alarm it is."""

from __future__ import annotations

import logging

import pytest

from cloud.alarms.lifecycle import AlarmError
from cloud.notify.content import decode_content
from cloud.rules import desk
from cloud.rules.desk import Remark
from cloud.rules.kinds.threshold import Threshold
from tests.cloud.rules.builders import FLOOD, MINUTE, NOW, RATE, START, Kept, block, minutes, rule


def test_a_flood_raises_one_alarm_that_escalates_eases_and_returns() -> None:
    kept = Kept()
    judge = kept.judge(rule())
    kept.keep(judge.observe([block(minutes(29.9, 30.0, 31.2, 32.4, 31.94, 30.9, 29.96, 29.95))], received_at=NOW))
    assert kept.story() == [
        ("raised", "I", 1), ("escalated", "II", 2), ("escalated", "III", 3),
        ("eased", "II", 4), ("eased", "I", 5), ("cleared", "I", 7),
    ]  # fmt: skip
    (alarm,) = kept.alarms.values()
    assert (alarm.state, alarm.open, alarm.raised_at) == ("returned_unacked", True, START + MINUTE)
    assert [notice.key.split(":")[1] for notice in kept.notices.values()] == ["I", "II", "III", "cleared"]


def test_a_jump_over_levels_is_one_notice_for_the_highest() -> None:
    kept = Kept()
    kept.keep(kept.judge(rule()).observe([block(minutes(29.0, 33.98))], received_at=NOW))
    assert kept.story() == [("raised", "III", 1)]
    (notice,) = kept.notices.values()
    content = decode_content(notice.body)
    assert content.text.vi == "Vượt báo động III: 33,98 m"
    assert content.link.endswith(f"/alarms/{content.alarm}")
    assert (content.threshold, content.severity, content.key) == (32.0, 1, notice.key)


def test_doubtful_bad_and_missing_readings_neither_raise_nor_clear() -> None:
    kept = Kept()
    judge = kept.judge(rule())
    marks = [(1, "uncertain:rate"), (2, "bad:range")]
    kept.keep(judge.observe([block(minutes(29.0, 33.0, None, None), quality=marks)], received_at=NOW))
    assert kept.story() == []
    kept.keep(judge.observe([block(minutes(30.5, start=START + 5 * MINUTE))], received_at=NOW))
    low = block(minutes(20.0, start=START + 6 * MINUTE), quality=[(0, "uncertain:flat")])
    kept.keep(judge.observe([low], received_at=NOW))
    assert kept.story() == [("raised", "I", 5)]


def test_the_hold_is_counted_in_event_time() -> None:
    kept = Kept()
    held = rule(kind={"kind": "threshold", "unit": "m", "hold_s": 180, "levels": FLOOD[:1]})
    judge = kept.judge(held)
    kept.keep(judge.observe([block(minutes(30.5, 29.0, 30.5, 30.5))], received_at=NOW))
    assert kept.story() == []
    kept.keep(judge.observe([block(minutes(30.5, 30.5, start=START + 4 * MINUTE))], received_at=NOW))
    assert kept.story() == [("raised", "I", 5)]


def test_an_escalation_must_be_acknowledged_again() -> None:
    kept = Kept()
    judge = kept.judge(rule())
    kept.keep(judge.observe([block(minutes(30.5))], received_at=NOW))
    (alarm,) = kept.alarms.values()
    kept.keep(judge.act(desk.acknowledge(alarm.id, Remark("lan", "seen")), now=NOW))
    with pytest.raises(AlarmError):
        judge.act(desk.acknowledge(alarm.id, Remark("lan", "")), now=NOW)
    with pytest.raises(AlarmError):
        judge.act(desk.acknowledge("nothing", Remark("lan", "")), now=NOW)
    assert (kept.alarms[alarm.id].state, kept.alarms[alarm.id].acknowledged_by) == ("acked", "lan")
    kept.keep(judge.observe([block(minutes(31.5, start=START + MINUTE))], received_at=NOW))
    assert (kept.alarms[alarm.id].state, kept.alarms[alarm.id].acknowledged_by) == ("unacked", "")
    kept.keep(judge.act(desk.acknowledge(alarm.id, Remark("lan", "")), now=NOW))
    kept.keep(judge.act(desk.comment(alarm.id, Remark("lan", "boats sent")), now=NOW))
    kept.keep(judge.observe([block(minutes(29.0, start=START + 2 * MINUTE))], received_at=NOW))
    assert (kept.alarms[alarm.id].state, kept.alarms[alarm.id].open) == ("normal", False)
    kept.keep(judge.act(desk.comment(alarm.id, Remark("lan", "closed")), now=NOW))
    kept.keep(judge.observe([block(minutes(30.5, start=START + 3 * MINUTE))], received_at=NOW))
    assert len(kept.alarms) == 2


def test_what_returns_before_it_is_seen_is_the_same_alarm() -> None:
    kept = Kept()
    kept.keep(kept.judge(rule()).observe([block(minutes(30.5, 29.0, 30.5))], received_at=NOW))
    assert kept.story() == [("raised", "I", 0), ("cleared", "I", 1), ("raised", "I", 2)]
    (alarm,) = kept.alarms.values()
    assert (alarm.state, alarm.cleared_at) == ("unacked", None)


def test_a_block_that_overlaps_what_was_seen_steps_only_its_new_part() -> None:
    kept = Kept()
    judge = kept.judge(rule())
    kept.keep(judge.observe([block(minutes(29.0, 29.0))], received_at=NOW))
    kept.keep(judge.observe([block(minutes(29.0, 29.0, 30.5))], received_at=NOW))
    assert kept.story() == [("raised", "I", 2)]


def test_a_fast_rise_is_found_over_its_window() -> None:
    kept = Kept()
    judge = kept.judge(rule("rise", kind=RATE))
    for minute in range(40):
        level = 27.0 + max(0, minute - 10) * 0.011  # 0.66 m/h from minute 10 on
        kept.keep(judge.observe([block(minutes(level, start=START + minute * MINUTE))], received_at=NOW))
    ((what, level_name, minute),) = kept.story()
    assert (what, level_name) == ("raised", "fast")
    assert 30 <= minute <= 40


def test_selectors_choose_by_area_site_gateway_and_device() -> None:
    base = {"profile": "river_gauge_radar", "point": "level_m"}
    rules = [
        rule("by_area", selector={**base, "areas": ["lao-cai"]}),
        rule("by_site", selector={**base, "sites": ["other"]}),
        rule("by_gateway", selector={**base, "gateways": ["gw-1"]}),
        rule("by_device", selector={**base, "devices": ["river-2"]}),
    ]
    kept = Kept()
    judge = kept.judge(*rules, areas={"yen-bai": ["lao-cai", "vn"]})
    kept.keep(judge.observe([block(minutes(30.5))], received_at=NOW))
    assert sorted(row.rule for row in kept.alarms.values()) == ["by_area", "by_gateway"]


def test_a_device_that_moves_to_another_site_keeps_its_alarm() -> None:
    kept = Kept()
    judge = kept.judge(rule())
    kept.keep(judge.observe([block(minutes(30.5))], received_at=NOW))
    kept.keep(judge.observe([block(minutes(31.5, start=START + MINUTE), site="moved")], received_at=NOW))
    assert kept.story() == [("raised", "I", 0), ("escalated", "II", 1)]


def test_a_faulty_rule_stops_alone(caplog: pytest.LogCaptureFixture) -> None:
    broken = Threshold.model_construct(kind="threshold", unit="m", hold_s=0.0, levels=())
    object.__setattr__(broken, "__dict__", {**broken.__dict__, "ladder": _Explosive()})
    bad = rule("bad").model_copy(update={"kind": broken})
    kept = Kept()
    judge = kept.judge(bad, rule())
    with caplog.at_level(logging.ERROR):
        kept.keep(judge.observe([block(minutes(30.5)), block(minutes(30.5), device="river-2")], received_at=NOW))
    assert list(judge.faults) == ["bad"]
    assert len(caplog.records) == 1
    assert len(kept.alarms) == 2


class _Explosive:
    band = (0.0, 1.0)

    def step(self, *_: object) -> None:
        raise ZeroDivisionError("boom")


def test_the_flood_level_is_derived_from_the_same_thresholds() -> None:
    kept = Kept()
    judge = kept.judge(rule(index="flood_level"))
    kept.keep(judge.observe([block(minutes(29.2, 30.0, 33.0))], received_at=NOW))
    kept.keep(kept.judge(rule(index="flood_level")).observe(
        [block(minutes(31.96, start=START + 3 * MINUTE))], received_at=NOW))  # fmt: skip
    first, second = kept.derived
    assert first.profile == "index_flood_level"
    assert first.points == {"flood_level": [0, 1, 3], "delta_to_next_m": [0.8, 1.0, None]}
    assert second.points == {"flood_level": [3], "delta_to_next_m": [None]}
