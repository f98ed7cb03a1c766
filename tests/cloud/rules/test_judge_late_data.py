"""The judge and readings that come late: old news pages nobody, and a review puts the history right."""

from __future__ import annotations

import pytest

from cloud.rules.course import decode_course
from cloud.rules.review import kind_of
from cloud.rules.review_marks import REVIEW, Marks
from cloud.rules.review_settling import CHANGED, MovedError, Past, settle, truth_of
from tests.cloud.rules.builders import FLOOD, MINUTE, NOW, START, Kept, block, minutes, rule, stale_rule
from tests.cloud.rules.deliveries import Centre


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


def at_minute(*pairs: tuple[int, float]) -> list[tuple[int, float]]:
    """Readings at minutes since START."""
    return [(START + minute * MINUTE, value) for minute, value in pairs]


def told(kept: Kept, *, since: int = 0) -> list[tuple[str, str, int]]:
    """The story, without what was told before a review."""
    return kept.story()[since:]


def test_what_only_late_data_knows_is_a_record_of_its_own() -> None:
    centre = Centre([rule()])
    centre.take(at_minute((10, 29.0)), now=NOW)
    centre.take(at_minute((0, 30.5)), now=NOW)
    centre.restart()
    centre.take(at_minute((1, 30.6), (2, 31.5), (3, 29.0)), now=NOW)
    centre.review(now=NOW)
    assert centre.kept.story() == [("missed", "I", 0), ("missed", "II", 2), ("missed_end", "", 3)]
    (record,) = centre.kept.alarms.values()
    assert (record.open, record.state, record.level, record.raised_at) == (False, "normal", "II", START)
    assert record.cleared_at == START + 3 * MINUTE
    assert not centre.kept.notices


def test_late_data_tells_when_an_open_alarm_really_began() -> None:
    centre = Centre([rule()])
    centre.take(at_minute((10, 30.5)), now=NOW)
    centre.take(at_minute((0, 30.5), (1, 30.5)), now=NOW)
    centre.review(now=NOW)
    assert centre.kept.story() == [("raised", "I", 10), ("missed", "I", 0)]
    assert len(centre.kept.alarms) == 1


def test_late_data_finds_what_stood_between_readings_of_an_alarm_that_is_over() -> None:
    centre = Centre([rule()])
    centre.take(at_minute((0, 30.5), (4, 30.5), (8, 29.0)), now=NOW)
    (alarm,) = centre.judge.open_alarms()
    centre.take(at_minute((2, 31.5)), now=NOW)
    centre.review(now=NOW)
    assert told(centre.kept, since=2) == [("missed", "II", 2), ("missed_end", "I", 4)]
    assert {line.alarm for line in centre.kept.history} == {alarm.id}


def test_an_alarm_that_late_data_shows_to_be_over_is_cleared_and_says_why() -> None:
    held = rule(kind={"kind": "threshold", "unit": "m", "hold_s": 300, "levels": FLOOD})
    centre = Centre([held])
    centre.take(at_minute((0, 30.5), (6, 30.5)), now=NOW)
    centre.take(at_minute((3, 28.0)), now=NOW)
    centre.review(now=NOW)
    assert centre.kept.story() == [("raised", "I", 6), ("cleared", "I", 6)]
    assert centre.kept.history[-1].comment == CHANGED
    assert centre.told(held) == []
    (alarm,) = centre.judge.open_alarms()
    assert alarm.state == "returned_unacked"


def test_rain_that_came_late_raises_the_alarm_now_and_people_are_told_when_it_is_fresh() -> None:
    kind = {"kind": "window", "unit": "m", "figure": "sum", "window_s": 1800, "step_s": 60, "levels": FLOOD}
    for minutes_ago, notices in ((1, 1), (25, 0)):
        centre = Centre([rule(kind=kind)])
        centre.take(at_minute((0, 12.0), (20, 12.0)), now=START + 20 * MINUTE)
        centre.take(at_minute((10, 7.0)), now=START + (20 + minutes_ago) * MINUTE)
        centre.review(now=START + (20 + minutes_ago) * MINUTE)
        assert centre.kept.story() == [("raised", "II", 20)]
        assert len(centre.kept.notices) == notices
        centre.take(at_minute((48, 19.0)), now=START + 48 * MINUTE)  # still so: now everybody must know
        assert len(centre.kept.notices) == 1


def test_a_mark_survives_a_restart_and_keeps_the_oldest_time() -> None:
    kept = Kept()
    judge = kept.judge(rule())
    for minute in (10, 5, 2, 7):
        kept.keep(judge.observe([block(minutes(30.5, start=START + minute * MINUTE))], received_at=NOW))
    marks = Marks()
    marks.restore(list(kept.states.values()))
    assert [mark.since for mark in marks] == [START + 2 * MINUTE]
    assert (f"{REVIEW}flood", "gw-1", "river-1") in kept.states


def test_late_readings_that_cannot_matter_leave_no_mark() -> None:
    kept = Kept()
    judge = kept.judge(rule(), stale_rule(120))
    kept.keep(judge.observe([block(minutes(29.0, start=START + 10 * MINUTE))], received_at=NOW))
    kept.keep(judge.observe([block(minutes(28.0, 29.0))], received_at=NOW))
    assert not list(judge.marks)
    assert judge.late_readings == 2


def test_what_has_moved_since_is_looked_at_again() -> None:
    centre = Centre([rule()])
    centre.take(at_minute((10, 29.0)), now=NOW)
    centre.take(at_minute((5, 30.5)), now=NOW)
    (case,) = centre.judge.cases(list(centre.judge.marks))
    past, before = Past(), centre.kept.story()
    truth = truth_of(case, past, sorted(centre.stored.items()))
    centre.take(at_minute((11, 29.0)), now=NOW)
    with pytest.raises(MovedError):
        centre.judge.act(lambda turn, roster: settle(turn, roster, case=case, past=past, truth=truth), now=NOW)
    assert centre.kept.story() == before
    assert list(centre.judge.marks) == [case.mark]


def test_a_mark_of_a_rule_that_is_gone_is_forgotten() -> None:
    kept = Kept()
    judge = kept.judge(rule())
    for minute in (10, 5):
        kept.keep(judge.observe([block(minutes(30.5, start=START + minute * MINUTE))], received_at=NOW))
    judge = kept.judge()
    kept.review(judge, [])
    assert kept.states[f"{REVIEW}flood", "gw-1", "river-1"].state is None


def test_what_another_version_of_the_rule_said_stays_as_it_is() -> None:
    kept = Kept()
    first = rule()
    judge = kept.judge(first)
    kept.keep(judge.observe([block(at_minute((0, 30.5), (5, 28.0), (20, 28.0)))], received_at=NOW))
    stricter = first.model_copy(update={"version": 2, "kind": rule(kind={**KIND, "levels": HIGHER}).kind})
    judge = kept.judge(stricter)
    kept.keep(judge.observe([block(at_minute((3, 28.0)))], received_at=NOW))
    kept.review(judge, at_minute((0, 30.5), (3, 28.0), (5, 28.0), (20, 28.0)))
    assert kept.story() == [("raised", "I", 0), ("cleared", "I", 5)]


def test_a_course_that_an_older_version_kept_goes_on() -> None:
    live = '{"level":1,"since":[1725796800000],"memory":[],"counts":[]}'
    late = '"late":{"level":0,"since":[],"memory":[],"counts":[]},"late_at":1725796700000,"missed":"0191d1m"'
    text = f'{{"kind":"threshold","levels":3,"live":{live},{late},"owed":true,"covered":[1,2],"index":{live}}}'
    course = decode_course(text)
    assert (course.live.level, course.live.since, course.owed, course.stirred) == (1, (START,), True, 0)


def test_silence_is_judged_as_it_was_heard() -> None:
    assert kind_of(stale_rule(60)) is None


KIND = {"kind": "threshold", "unit": "m"}
HIGHER = [{"name": "I", "severity": 3, "above": 33.0, "clear": 32.0}]
