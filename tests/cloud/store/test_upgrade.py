"""The state database of every earlier schema is brought to this one with everything that stood in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import (
    BigInteger,
    Boolean,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    create_engine,
    insert,
    select,
)
from sqlalchemy.types import TypeEngine

from cloud.store.base import UserRow
from cloud.store.schema_version import MIGRATIONS, revision_of, upgrade
from cloud.store.sql import SqlStateStore
from cloud.store.tables import METADATA

CONFIG = Config()
CONFIG.set_main_option("script_location", str(MIGRATIONS))
SCRIPTS = ScriptDirectory.from_config(CONFIG)
EARLIER = sorted(step.revision for step in SCRIPTS.walk_revisions())[:-1]
VERSION_TABLE = "alembic_version"
Rows = dict[str, dict[str, Any]]  # table -> the row that was written


def test_what_every_earlier_release_kept_is_still_there(tmp_path: Path) -> None:
    """One database grows up through all releases; at each of them something is written into every new table."""
    url = f"sqlite:///{tmp_path / 'state.sqlite3'}"
    engine = create_engine(url)
    written: Rows = {}
    for revision in EARLIER:
        with engine.begin() as connection:
            upgrade(connection, revision)
            written |= _filled(connection, written)
    _assert_taken_over(url, written)
    engine.dispose()


@pytest.mark.parametrize("revision", [EARLIER[0], EARLIER[-1]])
def test_a_start_takes_the_database_of_a_release_over_in_one_go(revision: str, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'state.sqlite3'}"
    engine = create_engine(url)
    with engine.begin() as connection:
        upgrade(connection, revision)
        written = _filled(connection, {})
    _assert_taken_over(url, written)
    engine.dispose()


def _assert_taken_over(url: str, written: Rows) -> None:
    state, engine = SqlStateStore(url), create_engine(url)
    try:
        state.migrate()
        state.migrate()  # a second start changes nothing
        with engine.connect() as connection:
            assert revision_of(connection) == SCRIPTS.get_current_head()
            assert {table.name for table in _tables(connection)} == set(METADATA.tables)
            now = _same(connection, written)
        lost = {name: row for name, row in written.items() if row not in now[name]}
        assert not lost
        state.put_user(UserRow("lan", "admin", "hash", 5))
        assert state.user("lan") is not None
    finally:
        state.close()
        engine.dispose()


def _filled(connection: Connection, already: Rows) -> Rows:
    """One row in every other table, with a value in every column."""
    found: Rows = {}
    for table in _tables(connection):
        if table.name not in already:
            found[table.name] = {column.name: _value(column.type, column.name) for column in table.columns}
            connection.execute(insert(table).values(found[table.name]))
    return found


def _same(connection: Connection, written: Rows) -> dict[str, list[dict[str, Any]]]:
    """The same columns of the same tables now."""
    tables = {table.name: table for table in _tables(connection)}
    return {
        name: [dict(each) for each in connection.execute(select(*(tables[name].c[key] for key in row))).mappings()]
        for name, row in written.items()
    }


def _tables(connection: Connection) -> list[Table]:
    known = MetaData()
    known.reflect(connection)
    return [table for table in known.sorted_tables if table.name != VERSION_TABLE]


def _value(kind: TypeEngine[Any], name: str) -> object:
    if isinstance(kind, Boolean):
        return True
    if isinstance(kind, Integer | BigInteger):
        return 7
    if isinstance(kind, LargeBinary):
        return b"\x00\xff"
    return 0.5 if kind.python_type is float else f"{name} đã lưu"
