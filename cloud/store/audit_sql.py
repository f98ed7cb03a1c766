"""The audit log in the same SQL database as the state: one writer at a time, for each row stands on the one before."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, select, update

from cloud.store.audit_chain import digest_of
from cloud.store.audit_port import AuditFilter, ChainedRow, ChainEnd, ChainEnds
from cloud.store.audit_tables import AUDIT_END
from cloud.store.rows import AuditRow
from cloud.store.sql_door import SqlDoor, append
from cloud.store.tables import AUDIT

HEAD = "head"
FORGOTTEN = "forgotten"


class SqlAuditLog:
    """Implements the port; the state's own door leads to the database."""

    def __init__(self, door: SqlDoor) -> None:
        self._door = door

    def append(self, row: AuditRow) -> None:
        """Adds a row behind the newest one."""
        with self._door.writing() as connection:
            head = _end(connection, HEAD)
            number, cells = head.number + 1, (row.at, row.actor, row.action, row.target, row.detail)
            digest = digest_of(head.digest, number, cells)
            chained = ChainedRow(number, *cells, previous=head.digest, digest=digest)
            append(connection, AUDIT, [{name: getattr(chained, name) for name in ChainedRow.__slots__}])
            _put_end(connection, HEAD, ChainEnd(number, digest))

    def newest(self, wanted: AuditFilter, *, before: int | None, limit: int) -> Sequence[ChainedRow]:
        """Newest first."""
        query = select(AUDIT).order_by(AUDIT.c.number.desc()).limit(limit)
        if before is not None:
            query = query.where(AUDIT.c.number < before)
        for name in ("actor", "action", "target"):
            if value := getattr(wanted, name):
                query = query.where(AUDIT.c[name] == value)
        if wanted.begin is not None:
            query = query.where(AUDIT.c.at >= wanted.begin)
        if wanted.end is not None:
            query = query.where(AUDIT.c.at < wanted.end)
        with self._door.reading() as connection:
            return [ChainedRow(**row) for row in connection.execute(query).mappings()]

    def following(self, after: int, *, limit: int) -> Sequence[ChainedRow]:
        """Rows behind a number, oldest first."""
        query = select(AUDIT).where(AUDIT.c.number > after).order_by(AUDIT.c.number).limit(limit)
        with self._door.reading() as connection:
            return [ChainedRow(**row) for row in connection.execute(query).mappings()]

    def ends(self) -> ChainEnds:
        """Where the chain begins and ends."""
        with self._door.reading() as connection:
            rows = connection.execute(select(AUDIT_END)).all()
        found = {name: ChainEnd(number, digest) for name, number, digest in rows}
        return ChainEnds(found.get(FORGOTTEN, ChainEnd()), found.get(HEAD, ChainEnd()))

    def forget(self, *, before: int, limit: int) -> int:
        """Forgets rows of before that time from the oldest on, and notes the last of them; says how many.

        Only a piece from the beginning may go: a row that a wrong clock dated young keeps those behind it.
        """
        oldest = select(AUDIT.c.number, AUDIT.c.at, AUDIT.c.digest).order_by(AUDIT.c.number).limit(limit)
        with self._door.reading() as connection:  # a reader keeps nobody waiting
            old = next(iter(connection.execute(oldest.limit(1))), None)
        if old is None or old.at >= before:
            return 0
        with self._door.writing() as connection:
            count, last = 0, _end(connection, FORGOTTEN)
            for number, at, digest in connection.execute(oldest):
                if at >= before:
                    break
                count, last = count + 1, ChainEnd(number, digest)
            connection.execute(delete(AUDIT).where(AUDIT.c.number <= last.number))
            _put_end(connection, FORGOTTEN, last)
        return count


def _end(connection: Connection, name: str) -> ChainEnd:
    """One end, held until the transaction ends."""
    query = select(AUDIT_END.c.number, AUDIT_END.c.digest).where(AUDIT_END.c.name == name).with_for_update()
    number, digest = connection.execute(query).one()
    return ChainEnd(number, digest)


def _put_end(connection: Connection, name: str, end: ChainEnd) -> None:
    mine = AUDIT_END.c.name == name
    connection.execute(update(AUDIT_END).where(mine).values(number=end.number, digest=end.digest))
