"""Passkeys in the same SQL database as the state."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select, update

from cloud.access.passkeys import PasskeyRow
from cloud.store.passkey_tables import PASSKEY
from cloud.store.sql_door import SqlDoor, as_dict, put_new


class SqlPasskeyStore:
    """Implements the port; the state's own door leads to the database."""

    def __init__(self, door: SqlDoor) -> None:
        self._door = door

    def add(self, row: PasskeyRow) -> bool:
        """Keeps a new one; False when the credential is somebody's already."""
        known = select(PASSKEY.c.credential).where(PASSKEY.c.credential == row.credential)
        with self._door.writing() as connection:
            if connection.execute(known).first():
                return False
            put_new(connection, PASSKEY, [as_dict(row)])
        return True

    def of(self, user: str) -> Sequence[PasskeyRow]:
        """Somebody's, the oldest first."""
        query = select(PASSKEY).where(PASSKEY.c.user == user).order_by(PASSKEY.c.created_at, PASSKEY.c.credential)
        with self._door.reading() as connection:
            return [PasskeyRow(**found) for found in connection.execute(query).mappings()]

    def replace(self, before: PasskeyRow, after: PasskeyRow) -> bool:
        """Keeps what an answer has made of it; False when it changed meanwhile, and the answer counts no more."""
        same = (PASSKEY.c.credential == before.credential, PASSKEY.c.user == before.user,
                PASSKEY.c.counter == before.counter)  # fmt: skip
        with self._door.writing() as connection:
            changed = connection.execute(update(PASSKEY).where(*same).values(**as_dict(after)))
        return bool(changed.rowcount)

    def drop(self, user: str, credential: str | None = None) -> int:
        """Forgets one of somebody's, or all of them; how many there were."""
        whose = delete(PASSKEY).where(PASSKEY.c.user == user)
        query = whose if credential is None else whose.where(PASSKEY.c.credential == credential)
        with self._door.writing() as connection:
            return int(connection.execute(query).rowcount)
