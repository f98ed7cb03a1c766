"""The contract of passkeys over SQLite files, and over PostgreSQL where it is installed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cloud.__main__ import app
from cloud.access.passkeys import PasskeyRow
from cloud.store.audit_port import AuditFilter
from cloud.store.sql import SqlStateStore
from tests.cloud.stage import write_config
from tests.cloud.store.test_incidents import postgres, url

__all__ = ["postgres", "url"]

PHONE = PasskeyRow("cGhvbmU", "lan", "a2V5", counter=1, name="Điện thoại", created_at=10, used_at=0)
STICK = replace(PHONE, credential="c3RpY2s", name="Khóa USB", created_at=20)
OTHER = replace(PHONE, credential="b3RoZXI", user="minh")


@pytest.fixture
def state(url: str) -> Iterator[SqlStateStore]:
    state = SqlStateStore(url)
    state.migrate()
    yield state
    state.close()


def test_passkeys_are_kept_by_person_used_once_per_count_and_dropped(state: SqlStateStore) -> None:
    store = state.passkeys
    assert all(store.add(row) for row in (STICK, PHONE, OTHER))
    assert not store.add(replace(PHONE, user="minh")), "a credential has one owner"
    assert list(store.of("lan")) == [PHONE, STICK]
    used = replace(PHONE, counter=2, used_at=30)
    assert store.replace(PHONE, used)
    assert not store.replace(PHONE, replace(used, used_at=31)), "another log-in was quicker"
    assert list(store.of("lan")) == [used, STICK]
    assert store.drop("minh", PHONE.credential) == 0
    assert store.drop("lan", PHONE.credential) == 1
    assert list(store.of("lan")) == [STICK]
    assert (store.drop("lan"), store.drop("lan")) == (1, 0)
    assert list(store.of("minh")) == [OTHER]


def test_the_console_takes_them_away_where_the_last_administrator_lost_the_device(tmp_path: Path) -> None:
    config = write_config(tmp_path, "mqtt://127.0.0.1:1")
    words = ["user", "drop-second-factor", "lan", "--config", str(config)]
    (tmp_path / "data").mkdir(exist_ok=True)
    state = SqlStateStore(f"sqlite:///{tmp_path / 'data' / 'centre.sqlite3'}")
    state.migrate()
    assert state.passkeys.add(PHONE)
    assert CliRunner().invoke(app, words).exit_code == 0
    assert list(state.passkeys.of("lan")) == []
    assert CliRunner().invoke(app, words).exit_code == 2
    (row,) = state.audit_log.newest(AuditFilter(), before=None, limit=5)
    assert (row.action, row.target) == ("second_factor_drop", "lan")
    state.close()
