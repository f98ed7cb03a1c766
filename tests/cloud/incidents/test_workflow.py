"""The workflow's table: complete, legal in any order, and drawn in the docs as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloud.access.roles import Role
from cloud.incidents.workflow import (
    ENDED,
    PAUSABLE,
    TABLE,
    IncidentError,
    IncidentState,
    Move,
    after,
    diagram,
    moves_from,
)

ROOT = Path(__file__).parents[3]
S, M = IncidentState, Move
STRAIGHT = [
    (M.RECEIVE, S.RECEIVED), (M.CLASSIFY, S.CLASSIFIED), (M.DISPATCH, S.DISPATCHED), (M.START, S.IN_PROGRESS),
    (M.RESOLVE, S.RESOLVED), (M.CHECK, S.CHECKING), (M.CLOSE, S.CLOSED),
]  # fmt: skip


@pytest.mark.parametrize("state", IncidentState)
@pytest.mark.parametrize("move", Move)
def test_a_pair_is_in_the_table_or_an_error(state: IncidentState, move: Move) -> None:
    if (state, move) in TABLE:
        assert after(state, move) is TABLE[state, move]
    else:
        with pytest.raises(IncidentError, match=f"{state} cannot {move}"):
            after(state, move)


def test_the_straight_way_leads_from_new_to_closed() -> None:
    state = S.NEW
    for move, expected in STRAIGHT:
        state = after(state, move)
        assert state is expected


@pytest.mark.parametrize("state", sorted(PAUSABLE))
def test_a_pause_leads_back_to_where_it_began(state: IncidentState) -> None:
    assert after(after(state, M.PAUSE), M.RESUME, waits_from=state) is state


def test_nobody_resumes_into_a_state_that_cannot_wait() -> None:
    with pytest.raises(IncidentError):
        after(S.WAITING, M.RESUME, waits_from=S.CLOSED)


def test_every_state_can_be_reached_and_all_but_a_duplicate_be_left() -> None:
    assert set(TABLE.values()) | {S.NEW} == set(IncidentState)
    assert {state for state, _ in TABLE} | {S.WAITING, S.DUPLICATE} == set(IncidentState)


@pytest.mark.parametrize("state", IncidentState)
def test_viewers_move_nothing_and_only_leaders_end_or_revive(state: IncidentState) -> None:
    assert moves_from(state, Role.VIEWER) == ()
    leaders = {M.CLOSE, M.REJECT, M.REOPEN}
    assert not leaders & set(moves_from(state, Role.OPERATOR))
    assert set(moves_from(state, Role.ENGINEER)) - set(moves_from(state, Role.OPERATOR)) <= leaders


def test_what_has_ended_can_at_most_be_re_opened() -> None:
    assert {state: moves_from(state, Role.ADMIN) for state in ENDED} == {
        S.CLOSED: (M.REOPEN,), S.REJECTED: (M.REOPEN,), S.DUPLICATE: (),
    }  # fmt: skip


def test_the_diagram_in_the_readme_is_the_table() -> None:
    readme = (ROOT / "cloud" / "incidents" / "README.md").read_text(encoding="utf-8")
    assert f"```mermaid\n{diagram()}```" in readme
