"""The contract of citizens' reports over SQLite files, and over PostgreSQL where it is installed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from cloud.errors import StateConflictError
from cloud.incidents.casebook import Action, Facts, move, open_incident
from cloud.incidents.workflow import Move
from cloud.store.citizen_port import CitizenReportRow, SurveyCount
from cloud.store.sql import SqlStateStore
from tests.cloud.store.test_incidents import postgres, url

__all__ = ["postgres", "url"]

REPORT = CitizenReportRow("PA-1", 100, "", "road", "132", "Km 12", "Đường sụt nửa làn", "Nguyễn Văn A", "0912345678")


@pytest.fixture
def state(url: str) -> Iterator[SqlStateStore]:
    state = SqlStateStore(url)
    state.migrate()
    yield state
    state.close()


def test_what_is_personal_goes_some_time_after_the_end_and_in_any_case_at_last(state: SqlStateStore) -> None:
    facts = Facts(title="Đường sụt", severity=3, alarms=("a-1",))
    change = open_incident(Action("system", 100, facts=facts))
    state.incidents.keep(change)
    ended = move(change.incidents[0], Move.REJECT, Action("lan", 200, "trùng"))
    state.incidents.keep(ended)
    store = state.citizens
    store.put_report(replace(REPORT, incident=ended.incidents[0].id))
    store.put_report(replace(REPORT, id="PA-2", incident="open"))
    with pytest.raises(StateConflictError):
        store.put_report(REPORT)
    assert store.clear_reports(ended_before=200, made_before=0, now=300) == 0
    assert store.clear_reports(ended_before=201, made_before=0, now=300) == 1
    gone = store.report("PA-1")
    assert gone == replace(
        REPORT, incident=ended.incidents[0].id, place="", words="", name="", phone="", cleared_at=300
    )
    assert store.report_of("open") == replace(REPORT, id="PA-2", incident="open")
    assert store.clear_reports(ended_before=0, made_before=101, now=400) == 1, "also of an incident that goes on"
    assert store.reports_since(100) == 2


def test_answers_are_kept_as_counts_alone(state: SqlStateStore) -> None:
    for _ in range(3):
        state.citizens.count_answer(SurveyCount("site-pvhcc", 20_000, 5, 1))
    state.citizens.count_answer(SurveyCount("site-pvhcc", 19_000, 1, 1))
    assert state.citizens.answers(since_day=19_500) == [SurveyCount("site-pvhcc", 20_000, 5, 3)]
