"""The contract of the store of incidents over SQLite files, and over PostgreSQL where it is installed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from cloud.errors import StateConflictError
from cloud.incidents.casebook import Action, Facts, merge, move, replay
from cloud.incidents.workflow import Move
from cloud.store.base import AlarmFilter, AlarmRow, Commit
from cloud.store.incident_port import IncidentFilter, IncidentStore
from cloud.store.sql import SqlStateStore
from device_profiles.wire.helping import ITSELF
from tests.cloud.incidents.cases import OPENED_AT, opening
from tests.servers import Server, run_postgres

ANY = IncidentFilter()


@pytest.fixture(scope="module")
def postgres() -> Iterator[Server]:
    with run_postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'state.sqlite3'}"
    server: Server = request.getfixturevalue("postgres")
    address = f"postgresql://{server.username}@127.0.0.1:{server.port}/postgres"
    engine = create_engine(address.replace("postgresql", "postgresql+pg8000"))
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return address


@pytest.fixture
def store(url: str) -> Iterator[IncidentStore]:
    state = SqlStateStore(url)
    state.migrate()
    yield state.incidents
    state.close()


def test_an_incident_comes_back_as_it_was_kept_and_as_its_history_tells(store: IncidentStore, url: str) -> None:
    store.keep(opening())
    [row] = store.incidents(ANY, before=None, limit=9)
    store.keep(move(row, Move.RECEIVE, Action("lan", OPENED_AT + 5, "tôi nhận")))
    again = SqlStateStore(url)
    kept = again.incidents.incident(row.id)
    assert kept is not None
    assert replay(again.incidents.history(row.id)) == kept
    assert (kept.state, kept.revision) == ("received", 2)
    assert again.incidents.alarms_of(row.id) == ["alarm-1"]
    assert again.incidents.incident_of("alarm-1") == row.id
    assert again.incidents.incident_of("alarm-2") is None
    assert again.incidents.incident("none") is None
    again.close()


def test_who_comes_second_changes_nothing(store: IncidentStore) -> None:
    opened = opening()
    store.keep(opened)
    [row] = opened.incidents
    store.keep(move(row, Move.RECEIVE, Action("lan", OPENED_AT + 5)))
    with pytest.raises(StateConflictError):
        store.keep(move(row, Move.REJECT, Action("minh", OPENED_AT + 6, "thử còi")))
    kept = store.incident(row.id)
    assert kept is not None
    assert kept.state == "received"
    assert [line.actor for line in store.history(row.id)] == ["lan", "lan"]


def test_an_alarm_has_one_incident(store: IncidentStore) -> None:
    store.keep(opening("a1"))
    with pytest.raises(StateConflictError):
        store.keep(opening("a1", at=OPENED_AT + 1))
    assert len(store.incidents(ANY, before=None, limit=9)) == 1


def test_a_merge_takes_the_alarms_over(store: IncidentStore) -> None:
    flood, road = opening("a1"), opening("a2", at=OPENED_AT + 1)
    store.keep(flood)
    store.keep(road)
    [into], [row] = flood.incidents, road.incidents
    store.keep(merge(row, into, Action("lan", OPENED_AT + 9, facts=Facts(alarms=("a2",)))))
    assert store.alarms_of(into.id) == ["a1", "a2"]
    assert store.alarms_of(row.id) == []
    gone = store.incident(row.id)
    assert gone is not None
    assert (gone.open, gone.merged_into) == (False, into.id)
    assert [line.what for line in store.history(into.id)] == ["opened", "absorbed"]


def test_incidents_come_in_pages_newest_first(store: IncidentStore) -> None:
    for number in range(4):
        store.keep(opening(f"a{number}", at=OPENED_AT + number))
    first = store.incidents(ANY, before=None, limit=3)
    rest = store.incidents(ANY, before=first[-1].id, limit=3)
    assert [row.opened_at - OPENED_AT for row in [*first, *rest]] == [3, 2, 1, 0]


def test_incidents_are_filtered(store: IncidentStore) -> None:
    urgent, later = opening("a1", severity=1), opening("a2", severity=4)
    store.keep(urgent)
    store.keep(later)
    [row] = later.incidents
    store.keep(move(row, Move.REJECT, Action("minh", OPENED_AT + 6, "thử còi")))

    def found(wanted: IncidentFilter) -> list[int]:
        return sorted(each.severity for each in store.incidents(wanted, before=None, limit=9))

    assert found(ANY) == [1, 4]
    assert found(IncidentFilter(open=True)) == [1]
    assert found(IncidentFilter(open=False)) == [4]
    assert found(IncidentFilter(state="rejected")) == [4]
    assert found(IncidentFilter(severity=1, site="yen-bai")) == [1]
    assert found(IncidentFilter(assignee="nobody")) == []
    assert found(replace(ANY, due_before=OPENED_AT + 120_000)) == []
    assert found(replace(ANY, due_before=OPENED_AT + 120_001)) == [1]


def test_incidents_are_found_by_their_sector_or_by_an_alarm_that_fits(url: str) -> None:
    state = SqlStateStore(url)
    state.migrate()
    alarms = [
        _alarm("alarm-1", rule="flood", gateway="gw-1", device="gauge"),
        _alarm("alarm-2", rule="gateway_away", gateway="gw-2", device=ITSELF),
        _alarm("alarm-3", rule="cold_chain", gateway="gw-3", device="fridge"),
    ]
    state.commit(Commit(alarms=alarms))
    flood, away, cold = (opening(each.id, at=OPENED_AT + number) for number, each in enumerate(alarms))
    for change in (flood, away, cold):
        state.incidents.keep(change)
    state.incidents.keep(move(cold.incidents[0], Move.RECEIVE, Action("lan", OPENED_AT + 9)))
    [received] = state.incidents.incidents(IncidentFilter(state="received"), before=None, limit=9)
    classified = move(received, Move.CLASSIFY, Action("lan", OPENED_AT + 10, facts=Facts(sector="health")))
    state.incidents.keep(classified)
    mine = AlarmFilter(rules=frozenset({"flood"}), gateways=frozenset({"gw-2"}))
    assert [each.id for each in state.alarms(mine, before=None, limit=9)] == ["alarm-2", "alarm-1"]
    nothing = AlarmFilter(rules=frozenset())
    assert state.alarms(nothing, before=None, limit=9) == []

    def found(*sectors: str, holding: AlarmFilter | None) -> set[str]:
        wanted = IncidentFilter(sectors=frozenset(sectors), holding=holding)
        return {each.id for each in state.incidents.incidents(wanted, before=None, limit=9)}

    assert found("disaster", holding=mine) == {flood.incidents[0].id, away.incidents[0].id}
    assert found("health", holding=nothing) == {received.id}
    assert found("disaster", holding=None) == set()
    state.close()


def _alarm(identifier: str, *, rule: str, gateway: str, device: str) -> AlarmRow:
    return AlarmRow(
        identifier, rule, "1", "s1", gateway, device, "p", "unacked", True, "", 1, 2.0, 1.0, "Sai", "Wrong", 1, 1, 1,
    )  # fmt: skip
