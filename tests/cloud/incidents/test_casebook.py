"""Actions on incidents: nothing outside the table, and a history from which the incident can be rebuilt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.incidents.casebook import (
    Action,
    Facts,
    attach,
    comment,
    deadlines_of,
    detach,
    escalate,
    incident_id,
    join,
    merge,
    move,
    open_incident,
    replay,
    tier_of,
)
from cloud.incidents.deadlines import HOUR_MS, MINUTE_MS, Tier
from cloud.incidents.proposal import PROPOSAL
from cloud.incidents.workflow import TABLE, Conclusion, IncidentError, IncidentState, Move
from cloud.store.incident_files_port import AttachmentRow
from cloud.store.incident_port import IncidentChange, IncidentHistoryRow, IncidentRow
from tests.cloud.incidents.cases import OPENED_AT, opening


def at(minutes: float, words: str = "", facts: Facts | None = None) -> Action:
    return Action("lan", OPENED_AT + int(minutes * MINUTE_MS), words, facts or Facts())


def walk(row: IncidentRow, *moves: Move, each: float = 1) -> IncidentRow:
    for number, how in enumerate(moves, 1):
        [row] = move(row, how, at(number * each, "lý do", Facts(assignee="UBND phường Yên Bái"))).incidents
    return row


PICTURE = AttachmentRow("", 0, "ab" * 32, "song.jpg", "image/jpeg", 104, 0, "", "")
REMARKS: dict[str, Callable[[IncidentRow, Action], IncidentChange]] = {
    "comment": comment,
    "attach": lambda row, action: attach(row, action, PICTURE),
    "escalate": lambda row, action: escalate(row, tier_of(row, action.at, PROPOSAL), at=action.at),
}
steps = st.tuples(
    st.sampled_from([*REMARKS, *(how for how in Move if how is not Move.MERGE)]),
    st.integers(0, 10 * HOUR_MS),
    st.sampled_from(["", "chờ vật tư"]),
    st.builds(
        Facts,
        assignee=st.sampled_from(["", "ubnd"]),
        severity=st.sampled_from([None, 1, 2, 3, 4]),
        conclusion=st.sampled_from([None, None, None, Conclusion.FALSE]),
    ),
)


@settings(max_examples=60)
@given(st.integers(1, 4), st.lists(steps, max_size=15))
def test_any_actions_keep_to_the_table_and_leave_a_whole_history(
    severity: int, actions: list[tuple[str, int, str, Facts]]
) -> None:
    change = opening(severity=severity)
    [row], history, now = change.incidents, list(change.history), OPENED_AT
    for what, later, words, facts in actions:
        now += later
        before, action = row, Action("minh", now, words, facts)
        try:
            change = REMARKS[what](row, action) if what in REMARKS else move(row, Move(what), action)
        except IncidentError:
            continue
        [row] = change.incidents
        history += change.history
        assert_legal(before, what, row)
    assert replay(history) == row


def assert_legal(before: IncidentRow, what: str, row: IncidentRow) -> None:
    if what in REMARKS:
        assert (row.state, row.deadlines, row.next_due_at) == (before.state, before.deadlines, before.next_due_at)
    elif what == Move.RESUME:
        assert (before.state, row.state) == (IncidentState.WAITING, before.waits_from)
    else:
        assert row.state == TABLE[IncidentState(before.state), Move(what)]
    assert (row.paused_at is not None) == (row.state == IncidentState.WAITING)
    assert (row.ended_at is None) == row.open
    assert row.revision == before.revision + 1


def test_a_history_with_a_hole_is_not_believed() -> None:
    change = opening()
    lines: list[IncidentHistoryRow] = list(change.history)
    lines += move(change.incidents[0], Move.RECEIVE, at(1)).history
    for broken in ([], lines[1:], [lines[0], replace(lines[1], number=3)]):
        with pytest.raises(IncidentError):
            replay(broken)


@pytest.mark.parametrize("facts", [Facts(), Facts(title="x", severity=1), Facts(title="x", alarms=("a",))])
def test_an_incident_needs_an_alarm_a_title_and_a_severity(facts: Facts) -> None:
    with pytest.raises(IncidentError):
        open_incident(Action("lan", 1, facts=facts))


def test_a_pause_holds_the_clock_and_shifts_what_is_left_exactly() -> None:
    [row] = opening(severity=3).incidents
    row = walk(row, Move.RECEIVE, Move.CLASSIFY)
    due = [each.due_at for each in deadlines_of(row)]
    [paused] = move(row, Move.PAUSE, at(10, "chờ nước rút")).incidents
    assert paused.next_due_at is None
    assert tier_of(paused, OPENED_AT + 1000 * HOUR_MS, PROPOSAL) is Tier.DESK
    [back] = move(paused, Move.RESUME, at(130)).incidents
    assert back.state == IncidentState.CLASSIFIED
    assert [each.due_at for each in deadlines_of(back)] == [due[0], *(each + 120 * MINUTE_MS for each in due[1:])]
    assert back.next_due_at == due[1] + 120 * MINUTE_MS


@pytest.mark.parametrize("how", [Move.PAUSE, Move.REJECT])
def test_some_moves_need_a_reason(how: Move) -> None:
    row = walk(opening().incidents[0], Move.RECEIVE)
    with pytest.raises(IncidentError, match="reason"):
        move(row, how, at(2))


def test_nobody_dispatches_to_nobody() -> None:
    row = replace(walk(opening().incidents[0], Move.RECEIVE, Move.CLASSIFY), assignee="")
    with pytest.raises(IncidentError, match="assignee"):
        move(row, Move.DISPATCH, at(3))


def test_classifying_as_graver_shortens_what_is_left() -> None:
    row = walk(opening(severity=3).incidents[0], Move.RECEIVE)
    [graver] = move(row, Move.CLASSIFY, at(2, facts=Facts(severity=1, sector="thiên tai", area="132"))).incidents
    assert (graver.severity, graver.sector, graver.area) == (1, "thiên tai", "132")
    assert graver.next_due_at == OPENED_AT + 5 * MINUTE_MS
    assert tier_of(graver, OPENED_AT + 2 * MINUTE_MS, PROPOSAL) is Tier.PROVINCE


def test_two_incidents_become_one_with_the_graver_severity() -> None:
    [flood], [road] = opening("a1", severity=3).incidents, opening("a2", severity=2).incidents
    change = merge(road, flood, at(3, "cùng một trận lũ", Facts(alarms=("a2",))))
    gone, kept = change.incidents
    assert (gone.state, gone.open, gone.merged_into) == (IncidentState.DUPLICATE, False, flood.id)
    assert (kept.state, kept.severity, kept.revision) == (IncidentState.NEW, 2, 2)
    assert change.moved == [("a2", flood.id)]
    assert replay([*opening("a1", severity=3).history, change.history[1]]) == kept


def test_an_incident_merges_neither_into_itself_nor_into_one_that_has_ended() -> None:
    [row], [other] = opening("a1").incidents, opening("a2").incidents
    [ended] = move(other, Move.REJECT, at(1, "thử còi")).incidents
    for into in (row, ended):
        with pytest.raises(IncidentError):
            merge(row, into, at(2))


def test_alarms_join_an_open_incident_only() -> None:
    [row] = opening("a1").incidents
    assert join(row, at(1, facts=Facts(alarms=("a2",)))).added == [("a2", row.id)]
    [ended] = move(row, Move.REJECT, at(1, "thử còi")).incidents
    with pytest.raises(IncidentError):
        join(ended, at(2, facts=Facts(alarms=("a2",))))


def test_a_closed_incident_comes_back_with_new_deadlines_and_no_old_escalation() -> None:
    straight = (Move.RECEIVE, Move.CLASSIFY, Move.DISPATCH, Move.START, Move.RESOLVE, Move.CHECK, Move.CLOSE)
    row = walk(opening().incidents[0], *straight)
    assert tier_of(row, OPENED_AT + 1000 * HOUR_MS, PROPOSAL) is Tier.DESK
    [again] = move(row, Move.REOPEN, at(600, "nước lại lên")).incidents
    assert again.open
    assert again.next_due_at == OPENED_AT + (600 + 15) * MINUTE_MS


def test_a_file_is_taken_away_once_and_with_a_reason() -> None:
    change = attach(opening().incidents[0], at(1), PICTURE)
    [row], [file] = change.incidents, change.attached
    assert (file.incident, file.number, file.actor, file.at) == (row.id, 2, "lan", OPENED_AT + MINUTE_MS)
    with pytest.raises(IncidentError, match="reason"):
        detach(row, at(2), file)
    gone = detach(row, at(2, "lộ biển số"), file)
    assert (gone.attached[0].gone_at, gone.history[0].comment) == (OPENED_AT + 2 * MINUTE_MS, "song.jpg: lộ biển số")
    with pytest.raises(IncidentError, match="gone already"):
        detach(gone.incidents[0], at(3, "lần nữa"), gone.attached[0])


def test_ids_sort_by_time() -> None:
    assert incident_id("z", 1) < incident_id("a", 2) < incident_id("b", OPENED_AT)
