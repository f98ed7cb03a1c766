"""The log of indices in the same SQL database as the state."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, and_, bindparam, delete, func, select

from cloud.store.index_tables import INDEX_DIRTY
from cloud.store.rows import DirtyRow
from cloud.store.sql_door import SqlDoor, as_dict, as_tuple, put_many


class SqlIndexLog:
    """Keeps what indices are still to be worked out; the state's own door leads to the database."""

    def __init__(self, door: SqlDoor) -> None:
        self._door = door

    def due(self, *, now: int, devices: int) -> Sequence[DirtyRow]:
        """Every hour that is due of so many devices, those first that have waited longest."""
        log = INDEX_DIRTY.c
        names = (log.gateway, log.device, log.profile)
        waiting = select(*names).where(log.due_at <= now).group_by(*names).order_by(func.min(log.due_at)).limit(devices)
        first = waiting.subquery()
        same = (log.gateway == first.c.gateway, log.device == first.c.device, log.profile == first.c.profile)
        query = select(INDEX_DIRTY).join(first, and_(*same)).where(log.due_at <= now)
        with self._door.reading() as connection:
            return [DirtyRow(**row) for row in connection.execute(query).mappings()]

    def done(self, rows: Sequence[DirtyRow]) -> None:
        """Forgets these rows, but for those that were marked again since."""
        seen = [column == bindparam(f"its_{column.name}") for column in INDEX_DIRTY.c if column.name != "due_at"]
        if rows:
            values = [{f"its_{name}": value for name, value in as_dict(row).items()} for row in rows]
            with self._door.writing() as connection:
                connection.execute(delete(INDEX_DIRTY).where(*seen), values)

    def put(self, rows: Sequence[DirtyRow]) -> None:
        """Marks hours by hand, for instance of the time before an index was there."""
        with self._door.writing() as connection:
            mark(connection, rows)


def mark(connection: Connection, rows: Iterable[DirtyRow]) -> None:
    """Marks hours in a transaction that is under way."""
    put_many(connection, INDEX_DIRTY, list(map(as_tuple, rows)), adding="marks")
