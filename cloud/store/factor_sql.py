"""Second factors in the same SQL database as the state."""

from __future__ import annotations

from sqlalchemy import delete, select, update

from cloud.access.second_factor import FactorRow
from cloud.store.factor_tables import SECOND_FACTOR
from cloud.store.sql_door import SqlDoor, as_dict, put


class SqlFactorStore:
    """Implements the port; the state's own door leads to the database."""

    def __init__(self, door: SqlDoor) -> None:
        self._door = door

    def put(self, row: FactorRow) -> None:
        """Keeps a new one in place of the former."""
        with self._door.writing() as connection:
            put(connection, SECOND_FACTOR, [as_dict(row)])

    def factor(self, user: str) -> FactorRow | None:
        """Somebody's."""
        with self._door.reading() as connection:
            query = select(SECOND_FACTOR).where(SECOND_FACTOR.c.user == user)
            found = connection.execute(query).mappings().first()
        return FactorRow(**found) if found else None

    def replace(self, before: FactorRow, after: FactorRow) -> bool:
        """Keeps what a code has made of it; False when another log-in was quicker, and the code counts no more."""
        same = (
            SECOND_FACTOR.c.user == before.user,
            SECOND_FACTOR.c.secret == before.secret,
            SECOND_FACTOR.c.step == before.step,
            SECOND_FACTOR.c.paper == before.paper,
        )
        with self._door.writing() as connection:
            changed = connection.execute(update(SECOND_FACTOR).where(*same).values(**as_dict(after)))
        return bool(changed.rowcount)

    def drop(self, user: str) -> bool:
        """Forgets it; False when there was none."""
        with self._door.writing() as connection:
            return bool(connection.execute(delete(SECOND_FACTOR).where(SECOND_FACTOR.c.user == user)).rowcount)
