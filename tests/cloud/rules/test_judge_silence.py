"""The judge and what does not come: silence, quiet devices, and holds that end without a new reading."""

from __future__ import annotations

import pytest

from cloud.alarms.book import AlarmBook
from cloud.rules.judge import Judge
from cloud.rules.rule_set import rule_set
from cloud.rules.silence import Hearing
from device_profiles.wire.messages import Cell
from tests.cloud.rules.builders import FLOOD, MINUTE, NOW, START, Kept, block, minutes, rule, stale_rule


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


def test_where_one_hand_sends_everything_nobody_is_silent_beyond_the_newest_reading() -> None:
    kept = Kept()
    judge = Judge(rule_set([stale_rule(600)]), AlarmBook(), hearing=Hearing(7_200_000, in_step=True))
    kept.keep(judge.observe([block(minutes(29.0)), block(minutes(29.0), device="river-2")], received_at=START))
    kept.keep(judge.tick(START))
    kept.keep(judge.tick(START + 40 * MINUTE))
    assert kept.story() == [], "the hand was held up, not the gauges"
    later = block(minutes(29.0, start=START + 11 * MINUTE), device="river-2")
    kept.keep(judge.observe([later], received_at=START + 41 * MINUTE))
    kept.keep(judge.tick(START + 41 * MINUTE))
    assert [(alarm.device, alarm.level) for alarm in kept.alarms.values()] == [("river-1", "s1")]
