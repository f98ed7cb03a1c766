"""The whole state database out and in again, table by table, whatever server it stands on."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

import msgspec
from sqlalchemy import Connection, MetaData, Table, func, inspect, select, text

from cloud.errors import CloudError
from cloud.store.schema_version import revision_of, upgrade
from cloud.store.sql_door import SqlDoor

VERSION_TABLE = "alembic_version"
ROWS_AT_ONCE = 1000
BYTES = "base64"  # bytes travel as {"base64": "..."}

Lines = Iterable[bytes]


class NotEmptyError(CloudError):
    """The database that should take a copy holds something already."""


class SqlCopy:
    """Copies a state database. Reading goes on beside a running centre: it sees one state of all tables."""

    def __init__(self, url: str, *, busy_s: float) -> None:
        self._door = SqlDoor(url, busy_s=busy_s)

    def read(self, take: Callable[[str, Iterator[bytes]], None]) -> str:
        """Gives each table with its rows as lines of JSON to `take`; returns the revision of the schema."""
        with self._door.reading() as connection:
            revision = revision_of(connection)
            for table in _tables(connection):
                take(table.name, _lines_of(connection, table))
        return revision

    def write(self, revision: str, tables: Iterable[tuple[str, Lines]]) -> int:
        """Fills an empty database, and brings its schema up to date; the number of rows.

        All in one transaction: cut off, nothing has happened. NotEmptyError when something is there already.
        """
        rows = 0
        with self._door.writing() as connection:
            if inspect(connection).get_table_names():
                raise NotEmptyError("the state database is not empty: nothing was restored")
            upgrade(connection, revision)
            known = {table.name: table for table in _tables(connection)}
            for name, lines in tables:
                if name not in known:
                    raise CloudError(f"the copy holds a table {name} that schema {revision} does not know")
                rows += _fill(connection, known[name], lines)
            upgrade(connection)
        return rows

    def close(self) -> None:
        """Lets go of the database."""
        self._door.close()


def _tables(connection: Connection) -> list[Table]:
    """Every table but the schema's version, those first that others refer to."""
    known = MetaData()
    known.reflect(connection)
    return [table for table in known.sorted_tables if table.name != VERSION_TABLE]


def _lines_of(connection: Connection, table: Table) -> Iterator[bytes]:
    rows = connection.execution_options(yield_per=ROWS_AT_ONCE).execute(select(table))
    for row in rows:
        yield msgspec.json.encode({key: _packed(value) for key, value in row._mapping.items()}) + b"\n"


def _fill(connection: Connection, table: Table, lines: Lines) -> int:
    connection.execute(table.delete())  # what a migration put there comes with the copy
    count = 0
    rows = ({key: _unpacked(value) for key, value in msgspec.json.decode(line).items()} for line in lines)
    while some := list(islice(rows, ROWS_AT_ONCE)):
        connection.execute(table.insert(), some)
        count += len(some)
    if connection.dialect.name == "postgresql":
        _go_on_counting(connection, table)
    return count


def _go_on_counting(connection: Connection, table: Table) -> None:
    """A server that numbers rows itself goes on behind the highest number of the copy."""
    for column in table.primary_key:
        counter = connection.scalar(text("SELECT pg_get_serial_sequence(:t, :c)"), {"t": table.name, "c": column.name})
        if counter is not None:
            highest = connection.scalar(select(func.max(column)))
            connection.execute(
                text("SELECT setval(:s, :n, :used)"), {"s": counter, "n": highest or 1, "used": highest is not None}
            )


def _packed(value: Any) -> Any:
    return {BYTES: base64.b64encode(value).decode()} if isinstance(value, bytes) else value


def _unpacked(value: Any) -> Any:
    return base64.b64decode(value[BYTES]) if isinstance(value, dict) else value
