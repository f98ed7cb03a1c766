"""The one door to SQLAlchemy's engine: connections, their settings, upserts and the translation of errors."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import Field
from functools import cache
from operator import attrgetter, itemgetter
from typing import Any, ClassVar, Protocol

import msgspec
from sqlalchemy import (
    URL,
    ColumnElement,
    Connection,
    Engine,
    Insert,
    Table,
    bindparam,
    create_engine,
    event,
    func,
    insert,
    literal_column,
    make_url,
    select,
    true,
)
from sqlalchemy import exc as sql_errors
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import Insert as PgInsert
from sqlalchemy.dialects.sqlite import Insert as LiteInsert

from cloud.errors import ConfigurationError, StateConflictError, StoreUnavailableError

# PostgreSQL's SQLSTATE classes that pass by themselves: connection lost, out of resources, operator intervention,
# system error (appendix A of its manual), and a deadlock or serialization failure.
PASSING = ("08", "53", "57", "58", "40")

Row = dict[str, object]
BEGIN = "thacba_begin"


class HasFields(Protocol):
    """A dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


class SqlDoor:
    """Hands out connections in transactions. Opens nothing before it is first asked."""

    def __init__(self, url: str, *, busy_s: float) -> None:
        self._reading = _engine_for(url, busy_s)
        # A SQLite transaction that reads first and writes later can find that somebody else wrote in between, and
        # then it cannot wait: writers announce themselves at the beginning.
        self._writing = self._reading.execution_options(**{BEGIN: "BEGIN IMMEDIATE"})

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state of the database."""
        with _translated(), self._reading.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection whose changes are kept all together when the block ends, or not at all."""
        with _translated(), self._writing.begin() as connection:
            yield connection

    def close(self) -> None:
        """Lets go of every connection."""
        self._reading.dispose()


def put(connection: Connection, table: Table, rows: Iterable[Row], *, adding: str | None = None) -> None:
    """Adds rows, or replaces those with the same primary key; the column `adding` is added up instead."""
    if connection.dialect.name == "postgresql":
        unique = _last_of_each(table, rows)
        if unique:
            _run(connection, table, _upsert(postgresql.insert(table), table, adding), unique)
        return
    names, text = _sqlite_upsert(table, adding)
    values = list(map(itemgetter(*names), rows))
    if values:
        connection.exec_driver_sql(text, values)  # SQLAlchemy's own path takes thrice as long


def put_many(
    connection: Connection, table: Table, rows: Sequence[tuple[object, ...]], *, adding: str | None = None
) -> None:
    """As `put`, for the rows of every window: in the order of the table's columns, which hold texts and whole numbers.

    SQLite takes them all in one step. Row by row its driver lets go of the interpreter's lock and fights the event
    loop for it again, and a commit beside a busy loop takes thrice as long.
    """
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        names = [column.name for column in table.c]
        put(connection, table, (dict(zip(names, row, strict=True)) for row in rows), adding=adding)
        return
    connection.exec_driver_sql(_sqlite_upsert_many(table, adding), (msgspec.json.encode(rows).decode(),))


def change_many(
    connection: Connection, table: Table, rows: Sequence[HasFields], *, leaving: str, where: tuple[str, tuple[str, ...]]
) -> None:
    """Changes rows that are there already, thousands at once, all but one large column.

    `where`: a column, and the words of which it must still have one; others stay as they are.
    """
    if not rows:
        return
    names, read = _reader_of(type(rows[0]))
    kept = tuple(name for name in names if name != leaving)
    values = [[cell for name, cell in zip(names, read(row), strict=True) if name != leaving] for row in rows]
    form = (connection.dialect.name, table, kept, *where)
    connection.exec_driver_sql(_change_many(*form), (msgspec.json.encode(values).decode(),))


@cache
def _change_many(dialect: str, table: Table, names: tuple[str, ...], only: str, words: tuple[str, ...]) -> str:
    """The statement that takes the rows as one JSON array of arrays; every name in it is our own."""
    keys, still_has = {column.name for column in table.primary_key}, f"{table.name}.{only}"
    if dialect == "postgresql":
        cell, source = (
            "CAST(value ->> {index} AS {kind}) AS {name}",
            "json_array_elements(CAST(%s AS json)) AS line(value)",
        )
    else:
        cell, source = "json_extract(value, '$[{index}]') AS {name}", "json_each(?)"
        still_has = f"+{still_has}"  # the plus keeps SQLite from walking that column's index, once for every row
    cells = ", ".join(cell.format(index=index, name=name, kind=table.c[name].type) for index, name in enumerate(names))
    changes = ", ".join(f"{name} = given.{name}" for name in names if name not in keys)
    same = " AND ".join(f"{table.name}.{name} = given.{name}" for name in names if name in keys)
    still = ", ".join(f"'{word}'" for word in words)
    return (
        f"UPDATE {table.name} SET {changes} FROM (SELECT {cells} FROM {source}) AS given "  # noqa: S608
        f"WHERE {same} AND {still_has} IN ({still})"
    )


def _upsert(statement: PgInsert | LiteInsert, table: Table, adding: str | None) -> Insert:
    keys = [column.name for column in table.primary_key]
    change: dict[str, ColumnElement[Any]] = {
        column.name: statement.excluded[column.name] for column in table.c if column.name not in keys
    }
    if adding is not None:
        change[adding] = table.c[adding] + statement.excluded[adding]
    return statement.on_conflict_do_update(index_elements=keys, set_=change)


@cache
def _sqlite_upsert(table: Table, adding: str | None) -> tuple[tuple[str, ...], str]:
    """The names of the columns in the order of the statement's question marks, and the statement."""
    compiled = _upsert(sqlite.insert(table), table, adding).compile(dialect=sqlite.dialect())
    return tuple(compiled.positiontup or ()), str(compiled)


@cache
def _sqlite_upsert_many(table: Table, adding: str | None) -> str:
    """The statement that takes the rows as one JSON array of arrays."""
    row = func.json_each(bindparam("rows")).table_valued("value")
    cells = (func.json_extract(row.c.value, literal_column(f"'$[{index}]'")) for index in range(len(table.c)))
    chosen = select(*cells).where(true())  # SQLite needs the WHERE, or it reads ON CONFLICT as part of a join
    statement = _upsert(sqlite.insert(table).from_select(list(table.c), chosen), table, adding)
    return str(statement.compile(dialect=sqlite.dialect()))


def put_new(connection: Connection, table: Table, rows: Iterable[Row]) -> None:
    """Adds the rows whose primary key is not there yet."""
    unique = _last_of_each(table, rows)
    if unique:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        _run(connection, table, dialect.insert(table).on_conflict_do_nothing(), unique)


def append(connection: Connection, table: Table, rows: Iterable[Row]) -> None:
    """Adds rows to a table that numbers them itself."""
    listed = list(rows)
    if listed:
        _run(connection, table, insert(table), listed)


def as_tuple(row: HasFields) -> tuple[object, ...]:
    """A row of `rows.py` in the order of its fields."""
    return _reader_of(type(row))[1](row)


def as_dict(row: HasFields) -> Row:
    """A row of `rows.py` by column name; much quicker than dataclasses.asdict, which copies deeply."""
    names, read = _reader_of(type(row))
    return dict(zip(names, read(row), strict=True))


@cache
def _reader_of(kind: type[HasFields]) -> tuple[tuple[str, ...], attrgetter[tuple[object, ...]]]:
    names = tuple(kind.__dataclass_fields__)
    return names, attrgetter(*names)


def _last_of_each(table: Table, rows: Iterable[Row]) -> list[Row]:
    """PostgreSQL refuses to change one row twice in one statement: the last word counts."""
    keys = [column.name for column in table.primary_key]
    unique: dict[tuple[object, ...], Row] = {}
    for row in rows:
        identity = tuple(row[key] for key in keys)
        unique.pop(identity, None)  # so that it takes its place in the order of the last word
        unique[identity] = row
    return list(unique.values())


def _run(connection: Connection, table: Table, statement: Insert, rows: list[Row]) -> None:
    if connection.dialect.name == "postgresql":
        # pg8000 sends row by row; with RETURNING SQLAlchemy packs a thousand rows into one statement
        statement = statement.returning(*table.primary_key)
    connection.execute(statement, rows)


def _engine_for(url: str, busy_s: float) -> Engine:
    try:
        address = make_url(url)
    except sql_errors.ArgumentError as error:
        raise ConfigurationError("state.url: not a database address; use sqlite:////path/of/state.sqlite3") from error
    kind = address.get_backend_name()
    if kind == "postgresql":
        return _postgresql(address, busy_s)
    if kind == "sqlite":
        return _sqlite(address, busy_s)
    raise ConfigurationError(f"state.url: {kind} is not supported; use sqlite or postgresql")


def _postgresql(address: URL, busy_s: float) -> Engine:
    settings = {"timeout": busy_s}
    try:
        return create_engine(address.set(drivername="postgresql+pg8000"), pool_pre_ping=True, connect_args=settings)
    except ImportError as error:
        raise ConfigurationError("state.url: postgresql needs the extra, `pip install thacba[postgres]`") from error


def _sqlite(address: URL, busy_s: float) -> Engine:
    if address.database in (None, "", ":memory:"):
        raise ConfigurationError("state.url: state in memory would forget alarms; name a file")
    engine = create_engine(address.set(drivername="sqlite"), connect_args={"timeout": busy_s})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where `_begin_sqlite` says, schema changes included
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")  # a receipt follows the commit: it must survive a power cut


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(BEGIN, "BEGIN"))


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sql_errors.IntegrityError as error:
        raise StateConflictError(f"the state database refuses the change: {error.orig}") from error
    except (sql_errors.OperationalError, sql_errors.InterfaceError, sql_errors.TimeoutError) as error:
        raise StoreUnavailableError(f"the state database is not available: {_cause(error)}") from error
    except sql_errors.DBAPIError as error:
        if error.connection_invalidated or _sqlstate(error).startswith(PASSING):
            raise StoreUnavailableError(f"the state database is not available: {_cause(error)}") from error
        raise
    except OSError as error:  # pg8000 lets the errors of its socket through
        raise StoreUnavailableError(f"the state database is not available: {error}") from error


def _cause(error: sql_errors.SQLAlchemyError) -> str:
    return str(error.orig if isinstance(error, sql_errors.DBAPIError) else error)


def _sqlstate(error: sql_errors.DBAPIError) -> str:
    """PostgreSQL's code of the failure; pg8000 hands out the server's answer as a dictionary under its letter C."""
    facts = error.orig.args[0] if error.orig is not None and error.orig.args else None
    return str(facts.get("C", "")) if isinstance(facts, dict) else ""
