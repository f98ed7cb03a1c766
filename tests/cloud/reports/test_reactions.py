"""How soon people and machines reacted is told by what was kept of alarms and incidents."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from cloud.incidents.workflow import Conclusion, Move
from cloud.reports.month import Month
from cloud.reports.plan import Measure, Reaction, read_report_plan
from cloud.reports.reactions import Timing, happenings, is_about, past_of, timing_of, word_on
from cloud.store.sql import SqlStateStore
from tests.cloud.reports.duty import JUNE, Duty
from tests.readme_check import ROOT, assert_documented

JULY_MIN = (JUNE.end - JUNE.begin) / 60_000
PLAN = read_report_plan(None)
RULES = ROOT / "deploy/rules"
SENT = (Move.RECEIVE, Move.CLASSIFY, Move.DISPATCH)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[SqlStateStore]:
    found = SqlStateStore(f"sqlite:///{tmp_path / 'state.sqlite3'}")
    found.migrate()
    yield found
    found.close()


@pytest.fixture
def duty(state: SqlStateStore) -> Duty:
    return Duty(state)


def timing(state: SqlStateStore, measure: Measure, month: Month = JUNE, **change: object) -> Timing:
    """The figure of a month, as the report works it out."""
    reaction = next(each for each in PLAN.reactions if each.measure == measure)
    reaction = reaction.model_copy(update={"rules": ("*",), "how": "median", **change})
    begin, end = month.begin, month.end
    store = state.reactions
    alarms, incidents = store.alarm_lines(begin=begin, end=end), store.incident_lines(begin=begin, end=end)
    past = past_of(alarms, incidents, begin=begin, end=end)
    return timing_of(reaction, happenings(reaction, past), known=past.known)


def test_detection_and_acknowledgement_are_timed_with_median_and_nine_of_ten(state: SqlStateStore, duty: Duty) -> None:
    for number in range(10):
        alarm = duty.raised(10, device=f"g{number}", late_s=number + 1)
        if number < 9:
            duty.acknowledged(alarm, 11 + number)
    assert timing(state, "detected") == Timing(5.5, 10, 0, known=True)
    assert timing(state, "detected", how="p90") == Timing(9.0, 10, 0, known=True)
    assert timing(state, "acknowledged") == Timing(5.0, 9, 1, known=True)
    assert timing(state, "acknowledged", how="mean", unit="h") == Timing(5 / 60, 9, 1, known=True)


def test_an_incident_is_timed_from_the_alarm_that_it_was_opened_with(state: SqlStateStore, duty: Duty) -> None:
    first = duty.raised(10)
    duty.acknowledged(first, 11)
    incident = duty.opened(first, 12)
    duty.moved(incident, 17, *SENT)
    duty.moved(incident, 40, Move.START)
    duty.moved(incident, 130, Move.RESOLVE)
    waiting = duty.opened(duty.raised(20, device="g2", rule="sos_pressed"), 21)
    assert timing(state, "dispatched") == Timing(7.0, 1, 1, known=True)
    assert timing(state, "begun", unit="min") == Timing(30.0, 1, 1, known=True)
    assert timing(state, "resolved", unit="h") == Timing(2.0, 1, 1, known=True)
    assert timing(state, "dispatched", rules=("sos_*",)) == Timing(None, 0, 1, known=True)
    duty.moved(waiting, 22, Move.REJECT)
    assert timing(state, "dispatched").waiting == 0
    assert timing(state, "rejected") == Timing(100.0, 1, 0, known=True)


def test_a_repair_lasts_from_silence_to_return_and_what_still_lasts_is_named(state: SqlStateStore, duty: Duty) -> None:
    duty.raised(0, rule="rain_gauge_silent")
    duty.cleared(180, rule="rain_gauge_silent")
    duty.raised(200, rule="rain_gauge_silent")  # nobody acknowledged: the same alarm again
    duty.cleared(260, rule="rain_gauge_silent")
    duty.raised(300, rule="rain_gauge_silent", device="g2")
    duty.raised(300)
    assert timing(state, "repaired", how="mean", rules=("rain_gauge_*",)) == Timing(2.0, 2, 1, known=True)


def test_what_late_readings_proved_wrong_is_no_repair_and_counts_as_withdrawn(state: SqlStateStore, duty: Duty) -> None:
    wrong = duty.raised(0, late_s=0)
    duty.raised(5, device="g2")
    duty.withdrawn(wrong, 30)
    duty.cleared(31)
    assert timing(state, "withdrawn") == Timing(50.0, 2, 0, known=True)
    assert timing(state, "repaired").counted == 0


def test_a_false_alarm_is_what_somebody_concluded_to_be_one(state: SqlStateStore, duty: Duty) -> None:
    ended = (*[Conclusion.REAL] * 3, Conclusion.FALSE, *[Conclusion.TEST] * 2, None, None)
    for number, conclusion in enumerate(ended):
        incident = duty.opened(duty.raised(number, device=f"g{number}"), number + 1)
        duty.moved(incident, number + 2, Move.REJECT, conclusion=conclusion)
    assert timing(state, "false") == Timing(25.0, 4, 0, known=True)
    assert timing(state, "concluded") == Timing(75.0, 8, 0, known=True)


def test_who_closes_confirms_what_was_said_and_who_re_opens_takes_it_back(state: SqlStateStore, duty: Duty) -> None:
    incident = duty.opened(duty.raised(0), 1)
    duty.moved(incident, 2, *SENT, Move.START)
    duty.moved(incident, 3, Move.RESOLVE, conclusion=Conclusion.FALSE)
    duty.moved(incident, 4, Move.CHECK, Move.CLOSE)
    assert timing(state, "false") == Timing(100.0, 1, 0, known=True)
    duty.moved(incident, 5, Move.REOPEN, Move.START, Move.RESOLVE, Move.CHECK, Move.CLOSE)
    assert timing(state, "false").counted == 1
    assert timing(state, "concluded") == Timing(50.0, 2, 0, known=True)


def test_what_ends_in_july_counts_in_july_and_june_stays_as_it_was(state: SqlStateStore, duty: Duty) -> None:
    alarm = duty.raised(JULY_MIN - 60, rule="rain_gauge_silent")
    incident = duty.opened(alarm, JULY_MIN - 50)
    june = [timing(state, measure) for measure in ("repaired", "acknowledged", "dispatched")]
    assert june == [Timing(None, 0, 1, known=True)] * 3
    duty.acknowledged(alarm, JULY_MIN + 5)
    duty.cleared(JULY_MIN + 60, rule="rain_gauge_silent")
    duty.moved(incident, JULY_MIN + 10, *SENT)
    assert [timing(state, measure) for measure in ("repaired", "acknowledged", "dispatched")] == june
    july = Month(2026, 7)
    assert timing(state, "repaired", july) == Timing(2.0, 1, 0, known=True)
    assert timing(state, "dispatched", july) == Timing(70.0, 1, 0, known=True)


def test_nothing_that_happened_and_nothing_that_is_known_are_two_things(state: SqlStateStore, duty: Duty) -> None:
    reaction = next(each for each in PLAN.reactions if each.measure == "dispatched")
    empty = timing(state, "dispatched")
    assert (empty, word_on(reaction, empty)) == (Timing(None, 0, 0, known=False), "none")
    duty.raised(10)
    quiet = timing(state, "dispatched")
    assert (quiet, word_on(reaction, quiet)) == (Timing(None, 0, 0, known=True), "idle")


def test_every_pattern_of_the_proposal_names_rules_that_are_shipped_and_its_fields_are_documented() -> None:
    shipped = {path.name.split(".")[0] for path in RULES.glob("*.toml")} | {"gateway_away"}
    for each in PLAN.reactions:
        for pattern in each.rules:
            assert fnmatch.filter(shipped, pattern.removeprefix("!")), (each.id, pattern)
    detection = next(each for each in PLAN.reactions if each.id == "detect")
    silences = {
        rule for rule in shipped - {"gateway_away"} if 'kind = "stale"' in (RULES / f"{rule}.toml").read_text("utf-8")
    }
    assert len(silences) > 10
    assert not [rule for rule in silences if is_about(detection, rule)]
    assert is_about(detection, "flood_chay_bao_yen")
    assert_documented("cloud/reports", Reaction)


@pytest.mark.parametrize(
    ("change", "fault"),
    [({"unit": "%"}, "not told in %"), ({"measure": "rejected"}, "not told in min"), ({"rules": ["!a"]}, "add [*]")],
)
def test_a_reaction_that_cannot_be_told_is_refused(change: dict[str, object], fault: str) -> None:
    dispatch = next(each for each in PLAN.reactions if each.id == "dispatch")
    with pytest.raises(ValidationError, match=fault):
        Reaction.model_validate({**dispatch.model_dump(), **change})
