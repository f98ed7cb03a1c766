"""Kept answers in the same SQL database as the state."""

from __future__ import annotations

from sqlalchemy import Connection, and_, delete, select

from cloud.errors import StateConflictError
from cloud.store.repeat_port import RepeatRow
from cloud.store.repeat_tables import REPEAT
from cloud.store.sql_door import SqlDoor, append, as_dict, put


class SqlRepeatStore:
    """Implements the port; the state's own door leads to the database."""

    def __init__(self, door: SqlDoor) -> None:
        self._door = door

    def begin(self, row: RepeatRow, *, forget_before: int) -> RepeatRow | None:
        """Keeps the order and gives None; when its key is known gives what is known, and changes nothing."""
        try:
            with self._door.writing() as connection:
                connection.execute(delete(REPEAT).where(REPEAT.c.at < forget_before))
                found = _known(connection, row)
                if found is None:
                    append(connection, REPEAT, [as_dict(row)])
        except StateConflictError:  # a server takes orders side by side: another one was quicker
            with self._door.reading() as connection:
                return _known(connection, row)
        return found

    def end(self, row: RepeatRow) -> None:
        """Keeps how it ended."""
        with self._door.writing() as connection:
            put(connection, REPEAT, [as_dict(row)])

    def drop(self, actor: str, key: str) -> None:
        """The key may be used again."""
        with self._door.writing() as connection:
            connection.execute(delete(REPEAT).where(REPEAT.c.actor == actor, REPEAT.c.key == key))


def _known(connection: Connection, row: RepeatRow) -> RepeatRow | None:
    mine = and_(REPEAT.c.actor == row.actor, REPEAT.c.key == row.key)
    found = connection.execute(select(REPEAT).where(mine)).mappings().first()
    return RepeatRow(**found) if found else None
