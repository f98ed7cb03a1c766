"""The judge: readings, silence and people's actions, and what must never change by restarts or late data."""

from __future__ import annotations

import logging
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.alarms.lifecycle import AlarmError
from cloud.notify.content import decode_content
from cloud.rules.kinds.threshold import Threshold
from device_profiles.wire.messages import Cell
from tests.cloud.rules.builders import FLOOD, MINUTE, START, Kept, block, minutes, rule, stale_rule

NOW = START + 14 * MINUTE
RATE = {
    "kind": "rate_of_change",
    "unit": "m/h",
    "window_s": 1800,
    "min_span_s": 600,
    "levels": [{"name": "fast", "severity": 2, "above": 0.6, "clear": 0.3}],
}


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
    kept.keep(judge.acknowledge(alarm.id, actor="lan", comment="seen", now=NOW))
    with pytest.raises(AlarmError):
        judge.acknowledge(alarm.id, actor="lan", comment="", now=NOW)
    with pytest.raises(AlarmError):
        judge.acknowledge("nothing", actor="lan", comment="", now=NOW)
    assert (kept.alarms[alarm.id].state, kept.alarms[alarm.id].acknowledged_by) == ("acked", "lan")
    kept.keep(judge.observe([block(minutes(31.5, start=START + MINUTE))], received_at=NOW))
    assert (kept.alarms[alarm.id].state, kept.alarms[alarm.id].acknowledged_by) == ("unacked", "")
    kept.keep(judge.acknowledge(alarm.id, actor="lan", comment="", now=NOW))
    kept.keep(judge.comment(alarm.id, actor="lan", comment="boats sent", now=NOW))
    kept.keep(judge.observe([block(minutes(29.0, start=START + 2 * MINUTE))], received_at=NOW))
    assert (kept.alarms[alarm.id].state, kept.alarms[alarm.id].open) == ("normal", False)
    kept.keep(judge.comment(alarm.id, actor="lan", comment="closed", now=NOW))
    kept.keep(judge.observe([block(minutes(30.5, start=START + 3 * MINUTE))], received_at=NOW))
    assert len(kept.alarms) == 2


def test_what_returns_before_it_is_seen_is_the_same_alarm() -> None:
    kept = Kept()
    kept.keep(kept.judge(rule()).observe([block(minutes(30.5, 29.0, 30.5))], received_at=NOW))
    assert kept.story() == [("raised", "I", 0), ("cleared", "I", 1), ("raised", "I", 2)]
    (alarm,) = kept.alarms.values()
    assert (alarm.state, alarm.cleared_at) == ("unacked", None)


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
    kept.keep(judge.acknowledge(alarm.id, actor="lan", comment="", now=NOW))
    kept.keep(judge.observe([block(minutes(29.0, start=START + 12 * MINUTE))], received_at=NOW))
    kept.keep(judge.observe([block(minutes(31.5, start=START + 2 * MINUTE))], received_at=NOW))
    assert [what for what, _, _ in kept.story()] == ["raised", "acknowledged", "cleared"]


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


def test_silence_raises_and_the_first_sign_of_life_clears() -> None:
    kept = Kept()
    judge = kept.judge(stale_rule(600, 1800))
    kept.keep(judge.tick(START))
    kept.keep(judge.observe([block(minutes(29.0))], received_at=START))
    for second in range(0, 2400, 30):
        kept.keep(judge.tick(START + second * 1000))
    assert kept.story() == [("raised", "s1", 10), ("escalated", "s2", 30)]
    kept.keep(judge.observe([block(minutes(29.0, start=START + 40 * MINUTE))], received_at=START + 40 * MINUTE))
    assert kept.story()[-1] == ("cleared", "s2", 40)


def test_a_device_that_is_read_but_has_nothing_new_is_not_silent() -> None:
    kept = Kept()
    judge = kept.judge(stale_rule(600))
    kept.keep(judge.observe([block(minutes(29.0))], received_at=START))
    for minute in range(60):
        judge.heard("gw-1", "river-1", "river_gauge_radar", START + minute * MINUTE)
        kept.keep(judge.tick(START + minute * MINUTE))
    assert kept.story() == []
    kept.keep(judge.tick(START + 60 * MINUTE))
    for minute in range(61, 71):
        kept.keep(judge.tick(START + minute * MINUTE))
    judge.heard("gw-1", "river-1", "river_gauge_radar", START + 70 * MINUTE)
    kept.keep(judge.tick(START + 71 * MINUTE))
    assert kept.story() == [("raised", "s1", 69), ("cleared", "s1", 70)]


def test_a_hold_ends_without_a_new_reading_when_the_device_is_read_and_has_nothing_new() -> None:
    held = rule(kind={"kind": "threshold", "unit": "m", "hold_s": 180, "levels": FLOOD[:2]})
    kept = Kept()
    kept.keep(kept.judge(held).observe([block(minutes(30.5))], received_at=START))
    judge = kept.judge(held)
    for minute in range(4):
        judge.heard("gw-1", "river-1", "river_gauge_radar", START + minute * MINUTE, settled=True)
        kept.keep(judge.tick(START + minute * MINUTE))
    assert kept.story() == []
    judge.heard("gw-1", "river-1", "river_gauge_radar", START + 3 * MINUTE + 5000, settled=False)
    kept.keep(judge.tick(START + 3 * MINUTE + 5000))
    assert kept.story() == []
    judge.heard("gw-1", "river-1", "river_gauge_radar", START + 3 * MINUTE + 5000, settled=True)
    kept.keep(judge.tick(START + 3 * MINUTE + 6000))
    assert kept.story() == [("raised", "I", 3)]
    (alarm,) = kept.alarms.values()
    assert (alarm.value, alarm.raised_at) == (30.5, START + 3 * MINUTE)
    kept.keep(judge.observe([block(minutes(29.0, start=START + 4 * MINUTE))], received_at=NOW))
    assert kept.story()[-1] == ("cleared", "I", 4)


@pytest.mark.parametrize("cell", [None, 30.6])
def test_a_hold_waits_while_the_last_reading_is_not_good(cell: Cell) -> None:
    held = rule(kind={"kind": "threshold", "unit": "m", "hold_s": 180, "levels": FLOOD[:2]})
    kept = Kept()
    kept.keep(kept.judge(held).observe([block(minutes(30.5))], received_at=START))
    doubt = block(minutes(cell, start=START + MINUTE), quality=[(0, "bad:range" if cell is None else "uncertain:flat")])
    kept.keep(kept.judge(held).observe([doubt], received_at=START + MINUTE))
    judge = kept.judge(held)
    judge.heard("gw-1", "river-1", "river_gauge_radar", START + 9 * MINUTE, settled=True)
    kept.keep(judge.tick(START + 9 * MINUTE))
    assert kept.story() == []


def test_a_device_known_only_from_health_is_listened_to() -> None:
    kept = Kept()
    judge = kept.judge(stale_rule(600))
    judge.heard("gw-1", "river-1", "river_gauge_radar", 0)
    judge.heard("gw-1", "river-1", "river_gauge_radar", START)
    for minute in range(12):
        kept.keep(judge.tick(START + minute * MINUTE))
    assert kept.story() == [("raised", "s1", 10)]


def test_what_the_centre_could_not_hear_is_nobodys_silence() -> None:
    kept = Kept()
    judge = kept.judge(stale_rule(600))
    kept.keep(judge.observe([block(minutes(29.0))], received_at=START))
    kept.keep(judge.tick(START))
    judge = kept.judge(stale_rule(600))  # two hours later the centre starts again
    back = START + 120 * MINUTE
    for minute in range(9):
        kept.keep(judge.tick(back + minute * MINUTE))
    assert kept.story() == []
    for minute in range(9, 12):
        kept.keep(judge.tick(back + minute * MINUTE))
    assert kept.story() == [("raised", "s1", 130)]


def test_a_point_can_be_silent_while_its_device_talks() -> None:
    kept = Kept()
    judge = kept.judge(stale_rule(600, point="level_m"))
    kept.keep(judge.observe([block(minutes(29.0))], received_at=START))
    for minute in range(12):
        at = START + minute * MINUTE
        kept.keep(judge.observe([block([(at, 12.5)], point="batt_v")], received_at=at))
        kept.keep(judge.tick(at))
    assert kept.story() == [("raised", "s1", 10)]


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


def test_a_withdrawn_rule_clears_its_alarms_and_a_new_version_keeps_them() -> None:
    kept = Kept()
    judge = kept.judge(rule())
    kept.keep(judge.observe([block(minutes(30.5))], received_at=NOW))
    higher = [{**FLOOD[0], "above": 30.2, "clear": 30.1}, *FLOOD[1:]]
    from cloud.rules.rule_set import rule_set

    newer = rule(version=2, kind={"kind": "threshold", "unit": "m", "levels": higher})
    kept.keep(judge.replace(rule_set([newer]), now=NOW))
    assert len(kept.history) == 1
    kept.keep(judge.replace(rule_set([]), now=NOW))
    assert kept.history[-1].what == "cleared"
    assert "withdrawn" in kept.history[-1].comment
    assert kept.states["flood", "gw-1", "river-1"].state is None


def test_a_rule_withdrawn_while_the_centre_was_down_clears_its_alarm() -> None:
    kept = Kept()
    kept.keep(kept.judge(rule()).observe([block(minutes(30.5))], received_at=NOW))
    kept.keep(kept.judge().tick(NOW))
    assert [line.what for line in kept.history] == ["raised", "cleared"]
    kept.alarms.clear()
    kept.keep(kept.judge(rule()).observe([block(minutes(30.5, start=START + MINUTE))], received_at=NOW))
    assert [line.what for line in kept.history] == ["raised", "cleared", "raised"]


def test_an_alarm_whose_course_is_lost_is_cleared_and_raised_anew() -> None:
    kept = Kept()
    kept.keep(kept.judge(rule()).observe([block(minutes(30.5))], received_at=NOW))
    kept.states.clear()
    judge = kept.judge(rule())
    kept.keep(judge.tick(NOW))
    assert kept.history[-1].what == "cleared"
    kept.keep(judge.observe([block(minutes(30.5, start=START + MINUTE))], received_at=NOW))
    assert kept.history[-1].what == "raised"


def test_a_course_whose_alarm_is_lost_raises_it_anew() -> None:
    kept = Kept()
    kept.keep(kept.judge(rule()).observe([block(minutes(30.5))], received_at=NOW))
    kept.alarms.clear()
    kept.keep(kept.judge(rule()).observe([block(minutes(30.5, start=START + MINUTE))], received_at=NOW))
    assert kept.story() == [("raised", "I", 0), ("raised", "I", 1)]


def test_an_alarm_that_its_rule_no_longer_fits_is_cleared() -> None:
    kept = Kept()
    kept.keep(kept.judge(rule()).observe([block(minutes(30.5))], received_at=NOW))
    fewer = rule(version=2, kind={"kind": "threshold", "unit": "m", "levels": FLOOD[1:]})
    judge = kept.judge(fewer)
    kept.keep(judge.tick(NOW))
    assert [what for what, _, _ in kept.story()] == ["raised", "cleared"]
    kept.keep(judge.observe([block(minutes(31.5, start=START + MINUTE))], received_at=NOW))
    assert [what for what, _, _ in kept.story()] == ["raised", "cleared", "raised"]


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


levels = st.lists(
    st.one_of(st.none(), st.floats(28.0, 34.0).map(lambda value: round(value, 2))), min_size=1, max_size=30
)


def _kinds() -> list[object]:
    held = rule("held", kind={"kind": "threshold", "unit": "m", "hold_s": 120, "levels": FLOOD})
    return [rule(index="flood_level"), held, rule("rise", kind={**RATE, "min_span_s": 60})]


@settings(max_examples=80, deadline=None)
@given(values=levels, cuts=st.sets(st.integers(1, 29)), restarts=st.sets(st.integers(0, 29)))
def test_neither_splits_nor_restarts_change_anything(values: list[Cell], cuts: set[int], restarts: set[int]) -> None:
    rules = _kinds()
    whole, split = Kept(), Kept()
    whole.keep(whole.judge(*rules, late_s=3600).observe([block(minutes(*values))], received_at=NOW))  # type: ignore[arg-type]
    judge = split.judge(*rules, late_s=3600)  # type: ignore[arg-type]
    edges = [0, *sorted(cut for cut in cuts if cut < len(values)), len(values)]
    for number, (begin, end) in enumerate(pairwise(edges)):
        if number in restarts:
            judge = split.judge(*rules, late_s=3600)  # type: ignore[arg-type]
        part = block(minutes(*values[begin:end], start=START + begin * MINUTE))
        split.keep(judge.observe([part], received_at=NOW))
    assert split.alarms == whole.alarms
    assert sorted(split.history, key=str) == sorted(whole.history, key=str)
    assert split.notices == whole.notices
    assert _merged(split) == _merged(whole)


def _merged(kept: Kept) -> list[tuple[int, Cell]]:
    return [pair for part in kept.derived for pair in zip(part.times, part.points["flood_level"], strict=True)]


@settings(max_examples=60, deadline=None)
@given(values=levels, order=st.randoms(use_true_random=False))
def test_any_order_of_blocks_keeps_one_open_alarm_and_says_nothing_twice(values: list[Cell], order: object) -> None:
    kept = Kept()
    judge = kept.judge(rule())
    blocks = [block(minutes(value, start=START + number * MINUTE)) for number, value in enumerate(values)]
    order.shuffle(blocks)  # type: ignore[attr-defined]
    seen = 0
    for part in blocks:
        before = len(kept.notices)
        kept.keep(judge.observe([part], received_at=NOW))
        if part.times[-1] < seen:
            assert len(kept.notices) == before, "late data told somebody"
        if part.points["level_m"][-1] is not None:
            seen = max(seen, part.times[-1])
