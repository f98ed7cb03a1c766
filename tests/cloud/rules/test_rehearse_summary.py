"""What a rehearsal says in the end: alarms from raise to clear, nights at Hà Nội, and what differs."""

from __future__ import annotations

from datetime import datetime

import pytest

from cloud.rules.judge import Places
from cloud.rules.rehearse import Player, Stage
from cloud.rules.rehearse_report import Episode, Night
from cloud.rules.rehearse_score import MOST_CHARTS, Score
from cloud.rules.rehearse_summary import VIETNAM, difference, episodes_of, graveness_of, night_of
from cloud.rules.rule import Rule
from cloud.store.base import AlarmHistoryRow, RawColumn, SeriesKey
from tests.cloud.rules.builders import MINUTE, rule

HOUR = 60 * MINUTE
LEVELS = graveness_of(rule())
DEVICE = ("yen-bai", "gw-1", "river-1")


def at(text: str) -> int:
    """A time at Hà Nội."""
    return round(datetime.fromisoformat(text).replace(tzinfo=VIETNAM).timestamp() * 1000)


EVENING = at("2026-08-01T21:30")


def line(what: str, level: str, minute: int, *, alarm: str = "a", value: float = 30.5) -> AlarmHistoryRow:
    when = EVENING + minute * MINUTE
    return AlarmHistoryRow(alarm, when, when, what, level, value, "system", "")


def story(*lines: AlarmHistoryRow) -> list[Episode]:
    return episodes_of("flood", DEVICE, lines, levels=LEVELS)


def flood(score: Score, tried: Rule, *readings: tuple[int, float], device: str = "river-1") -> None:
    """What a device played of readings at minutes since the evening."""
    key = SeriesKey("river_gauge_radar", "gw-1", device, "level_m")
    column = RawColumn([EVENING + minute * MINUTE for minute, _ in readings], [value for _, value in readings])
    score.add(Player(tried, "yen-bai", key, score.stage).play(column), column)


def new_score(tried: Rule) -> Score:
    return Score(tried, Stage(Places(), EVENING - 24 * HOUR, EVENING + 48 * HOUR), "m")


def test_an_alarm_goes_from_raise_to_clear_and_is_as_grave_as_it_became() -> None:
    (one,) = story(
        line("raised", "I", 0),
        line("escalated", "III", 10, value=32.5),
        line("acknowledged", "III", 11),
        line("eased", "I", 20),
        line("cleared", "I", 30),
    )
    assert (one.level, one.severity, one.value, one.threshold) == ("III", 1, 32.5, 32.0)
    assert one.cleared_at == EVENING + 30 * MINUTE
    assert [step.what for step in one.steps] == ["raised", "escalated", "eased", "cleared"]


def test_an_alarm_that_nobody_acknowledged_is_told_as_often_as_it_was_raised() -> None:
    again = story(line("raised", "I", 0), line("cleared", "I", 5), line("raised", "II", 20))
    assert [(each.level, each.cleared_at is None) for each in again] == [("I", False), ("II", True)]


def test_what_only_late_data_would_have_raised_is_marked() -> None:
    first, second = story(line("raised", "I", 60, alarm="b"), line("missed", "II", 0, alarm="m"))
    assert (first.missed, first.level, second.missed) == (True, "II", False)


@pytest.mark.parametrize(
    ("time", "night"),
    [("21:59", ""), ("22:00", "2026-08-01"), ("23:59", "2026-08-01"), ("05:59", "2026-07-31"), ("06:00", "")],
)
def test_a_night_is_from_ten_to_six_at_hanoi(time: str, night: str) -> None:
    assert night_of(at(f"2026-08-01T{time}")) == night


def test_sums_nights_and_notices_are_those_of_the_story() -> None:
    score = new_score(rule())
    flood(score, rule(), (0, 29.0), (20, 30.5), (60, 32.5), (500, 29.0), (520, 30.2))
    flood(score, rule(), (0, 29.0), (600, 29.0), device="river-2")
    report = score.report()
    assert [(each.level, each.notices) for each in report.alarms] == [("III", 3), ("I", 1)]
    assert report.nights == (Night("2026-08-01", notices=2, alarms=0),), "raised at 21:50, grave at 22:30"
    totals = report.totals
    assert (totals.alarms, totals.notices, totals.night_notices, totals.missed) == (2, 4, 2, 0)
    assert (totals.devices_concerned, totals.devices, totals.readings) == (1, 2, 7)
    assert totals.longest_ms == EVENING + 48 * HOUR - (EVENING + 520 * MINUTE), "the second one was still on at the end"
    assert (totals.most_on_a_day, totals.busiest_day) == (1, "2026-08-01")


def test_charts_are_of_the_devices_with_most_alarms_and_one_when_there_are_none() -> None:
    calm = new_score(rule())
    for device in ("a", "b"):
        flood(calm, rule(), (0, 29.0), (5, 29.5), device=device)
    (only,) = calm.report().chart
    assert [(line.level, line.value) for line in only.thresholds] == [("I", 30.0), ("II", 31.0), ("III", 32.0)]
    assert [bucket[1:] for bucket in only.buckets] == [(29.0, 29.5, 29.5)]
    for number in range(MOST_CHARTS + 1):
        waves = [(10 * step, 30.5 if step % 2 else 29.0) for step in range(2 * number + 4)]
        flood(calm, rule(), *waves, device=f"wild-{number}")
    assert [chart.device for chart in calm.report().chart] == ["wild-4", "wild-3", "wild-2", "wild-1"]


def test_a_difference_pairs_what_belongs_together() -> None:
    here = story(line("raised", "I", 0), line("cleared", "I", 30), line("raised", "I", 900), line("cleared", "I", 930))
    same = story(line("raised", "I", 0), line("cleared", "I", 30))
    later = story(line("raised", "II", 910), line("cleared", "II", 930))
    other = episodes_of("flood", ("x", "gw-9", "else"), [line("raised", "I", 0)], levels=LEVELS)
    found = difference(here, [*same, *later, *other], against="live", most=10)
    assert found.same == 1
    assert [(pair.here.level, pair.there.level) for pair in found.moved] == [("I", "II")]
    assert (found.only_here, [each.gateway for each in found.only_there]) == ((), ["gw-9"])
    cut = difference(here, [], against="alarms", most=1)
    assert (len(cut.only_here), cut.left_out) == (1, 1)
