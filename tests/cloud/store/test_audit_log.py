"""The audit log is a chain: it goes on over restarts, and whatever was changed or taken away shows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, text

from cloud.store.audit_chain import ChainFault, known_head, verify
from cloud.store.audit_port import AuditFilter, ChainedRow, ChainEnd
from cloud.store.base import AuditRow
from cloud.store.schema_version import upgrade
from cloud.store.sql import SqlStateStore
from tests.cloud.store.test_incidents import postgres, url

__all__ = ["postgres", "url"]

ROWS = [AuditRow(100 + n, "lan" if n % 2 else "minh", "look", f"thing {n}", "vì “lũ”") for n in range(5)]


@pytest.fixture
def state(url: str) -> Iterator[SqlStateStore]:
    state = SqlStateStore(url)
    state.migrate()
    for row in ROWS:
        state.put_audit(row)
    yield state
    state.close()


def faults(state: SqlStateStore) -> list[ChainFault]:
    return list(verify(all_of(state), state.audit_log.ends()).faults)


def all_of(state: SqlStateStore) -> list[ChainedRow]:
    return list(state.audit_log.following(0, limit=100))


def tamper(state: SqlStateStore, statement: str) -> None:
    with state.audit_log._door.writing() as connection:
        connection.execute(text(statement))


def test_a_log_goes_on_over_restart_and_retention_and_is_whole(state: SqlStateStore, url: str) -> None:
    noted = state.audit_log.ends().head
    state.close()
    again = SqlStateStore(url)
    again.migrate()
    again.put_audit(AuditRow(105, "hoa", "look", "later", ""))
    assert faults(again) == []
    assert again.forget_audit(before=102, limit=10) == 2
    verdict = verify(all_of(again), again.audit_log.ends())
    assert (verdict.rows, verdict.first, verdict.head.number, verdict.faults) == (4, 3, 6, ())
    assert known_head(all_of(again), noted), "what was noted outside is still there"
    assert not known_head(all_of(again), ChainEnd(noted.number, "0" * 64))
    again.close()


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE audit SET actor = 'nobody' WHERE number = 3", [ChainFault("changed", 2, 3)]),
        ("DELETE FROM audit WHERE number = 3", [ChainFault("missing", 2, 4)]),
        ("DELETE FROM audit WHERE number = 1", [ChainFault("missing", 0, 2)]),
        ("DELETE FROM audit WHERE number > 3", [ChainFault("cut", 3, 5)]),
        ("DELETE FROM audit", [ChainFault("cut", 0, 5)]),
    ],
)
def test_what_was_done_behind_its_back_shows(state: SqlStateStore, statement: str, expected: list[ChainFault]) -> None:
    tamper(state, statement)
    assert faults(state) == expected


def test_rows_are_found_by_who_what_and_when(state: SqlStateStore) -> None:
    log = state.audit_log
    assert [row.number for row in log.newest(AuditFilter(actor="lan"), before=None, limit=9)] == [4, 2]
    assert [row.number for row in log.newest(AuditFilter(begin=101, end=104), before=4, limit=9)] == [3, 2]
    assert state.audit(limit=1) == [ROWS[-1]]


def test_a_log_from_before_the_chain_is_taken_into_it(url: str) -> None:
    if url.startswith("postgresql"):
        url = url.replace("postgresql:", "postgresql+pg8000:")
    engine = create_engine(url)
    with engine.begin() as connection:
        upgrade(connection, "0016")
        for row in ROWS:
            connection.execute(
                text("INSERT INTO audit (at, actor, action, target, detail) VALUES (:at, :actor, 'look', 'a', '')"),
                {"at": row.at, "actor": row.actor},
            )
    engine.dispose()
    state = SqlStateStore(url)
    state.migrate()
    state.put_audit(AuditRow(200, "hoa", "look", "b", ""))
    assert faults(state) == []
    assert state.audit_log.ends().head.number == len(ROWS) + 1
    state.close()
