"""The state database moves between servers, row by row the same, and numbers go on behind the highest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud.access.passkeys import PasskeyRow
from cloud.errors import CloudError
from cloud.store.base import AuditRow, UserRow
from cloud.store.sql import SqlStateStore
from cloud.store.sql_copy import NotEmptyError, SqlCopy
from tests.servers import run_postgres

Rows = dict[str, list[bytes]]


@pytest.fixture
def filled(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'one.sqlite3'}"
    state = SqlStateStore(url)
    state.migrate()
    state.put_user(UserRow("lan", "operator", "$argon2id$...", 1))
    state.passkeys.add(PasskeyRow("Y3JlZA", "lan", "a2V5", counter=7, name="Điện thoại", created_at=1, used_at=2))
    for number in range(3):
        state.put_audit(AuditRow(number, "lan", "look", "a", ""))
    state.close()
    return url


def read(url: str) -> tuple[str, Rows]:
    rows: Rows = {}

    def take(name: str, lines: Iterator[bytes]) -> None:
        rows[name] = sorted(lines)

    copy = SqlCopy(url, busy_s=5)
    revision = copy.read(take)
    copy.close()
    return revision, rows


def write(url: str, revision: str, rows: Rows) -> int:
    copy = SqlCopy(url, busy_s=5)
    try:
        return copy.write(revision, rows.items())
    finally:
        copy.close()


def test_from_sqlite_to_postgresql_and_back(filled: str, tmp_path: Path) -> None:
    revision, rows = read(filled)
    with run_postgres() as server:
        url = f"postgresql://{server.username}@127.0.0.1:{server.port}/postgres"
        assert write(url, revision, rows) >= 4
        assert read(url) == (revision, rows)
        state = SqlStateStore(url)
        state.put_audit(AuditRow(9, "lan", "look", "b", ""))
        state.close()
        more = read(url)
    back = f"sqlite:///{tmp_path / 'two.sqlite3'}"
    write(back, *more)
    assert read(back) == more
    assert len(more[1]["audit"]) == 4


def test_a_database_with_something_in_it_is_left_alone(filled: str) -> None:
    before = read(filled)
    with pytest.raises(NotEmptyError):
        write(filled, *before)
    assert read(filled) == before


def test_a_copy_that_does_not_fit_leaves_nothing_behind(filled: str, tmp_path: Path) -> None:
    revision, rows = read(filled)
    other = f"sqlite:///{tmp_path / 'three.sqlite3'}"
    with pytest.raises(CloudError, match="table foreign"):
        write(other, revision, {**rows, "foreign": []})
    assert write(other, revision, rows) > 0
