"""Notices and their attempts in the same SQL database as the state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update

from cloud.store.notice_port import AttemptRow, NoticeChange, NoticeFilter
from cloud.store.notice_tables import NOTICE_ATTEMPT
from cloud.store.rows import NoticeRow
from cloud.store.sql_door import SqlDoor, append, as_dict, change_many, put, put_new
from cloud.store.tables import NOTICE

WAITING = ("pending", "calling")
CALLING = "calling"


class SqlNoticeStore:
    """Keeps notices and every attempt; the state's own door leads to the database."""

    def __init__(self, door: SqlDoor) -> None:
        self._door = door

    def due(self, *, now: int, limit: int) -> Sequence[NoticeRow]:
        """Notices whose time has come: the gravest first, then the oldest."""
        query = select(NOTICE).where(NOTICE.c.state.in_(WAITING), NOTICE.c.due_at <= now)
        query = query.order_by(NOTICE.c.severity, NOTICE.c.created_at, NOTICE.c.key).limit(limit)
        with self._door.reading() as connection:
            return [NoticeRow(**row) for row in connection.execute(query).mappings()]

    def settle(self, change: NoticeChange) -> None:
        """All of it in one transaction; many rows go in one step."""
        with self._door.writing() as connection:
            put_new(connection, NOTICE, map(as_dict, change.new))
            put(connection, NOTICE, map(as_dict, change.rewritten))
            change_many(connection, NOTICE, change.rows, leaving="body", where=("state", WAITING))
            append(connection, NOTICE_ATTEMPT, map(as_dict, change.attempts))

    def tick_called(self, notice: NoticeRow, attempt: AttemptRow) -> bool:
        """Ends a notice that is on the call list; False, and nothing changes, when it is there no more."""
        still = (NOTICE.c.key == notice.key, NOTICE.c.state == CALLING)
        ended = {"state": notice.state, "via": notice.via, "error": notice.error, "attempts": notice.attempts}
        with self._door.writing() as connection:
            changed: int = connection.execute(update(NOTICE).where(*still).values(ended)).rowcount
            if changed:
                append(connection, NOTICE_ATTEMPT, [as_dict(attempt)])
        return changed > 0

    def notice(self, key: str) -> NoticeRow | None:
        """One notice."""
        with self._door.reading() as connection:
            row = connection.execute(select(NOTICE).where(NOTICE.c.key == key)).mappings().first()
        return None if row is None else NoticeRow(**row)

    def page(self, wanted: NoticeFilter, *, before: tuple[int, str] | None, limit: int) -> Sequence[NoticeRow]:
        """Newest first; `before` is created_at and key of the notice behind which the page starts."""
        query = select(NOTICE).where(*_conditions(wanted))
        if before is not None:
            at, key = before
            older = and_(NOTICE.c.created_at == at, NOTICE.c.key < key)
            query = query.where(or_(NOTICE.c.created_at < at, older))
        query = query.order_by(NOTICE.c.created_at.desc(), NOTICE.c.key.desc()).limit(limit)
        with self._door.reading() as connection:
            return [NoticeRow(**row) for row in connection.execute(query).mappings()]

    def attempts(self, notices: Sequence[str]) -> Sequence[AttemptRow]:
        """The attempts of these notices, oldest first."""
        columns = [column for column in NOTICE_ATTEMPT.c if column.key != "number"]
        query = select(*columns).where(NOTICE_ATTEMPT.c.notice.in_(notices)).order_by(NOTICE_ATTEMPT.c.number)
        with self._door.reading() as connection:
            return [AttemptRow(**row) for row in connection.execute(query).mappings()]

    def counts(self) -> Mapping[str, int]:
        """How many notices there are by state."""
        query = select(NOTICE.c.state, func.count()).group_by(NOTICE.c.state)
        with self._door.reading() as connection:
            return {str(state): int(number) for state, number in connection.execute(query)}

    def forget(self, *, before: int) -> None:
        """Forgets notices of before that time that have ended, with their attempts; the alarms' history stays."""
        gone = (NOTICE.c.created_at < before, NOTICE.c.state.not_in(WAITING))
        with self._door.writing() as connection:
            old = select(NOTICE.c.key).where(*gone)
            connection.execute(delete(NOTICE_ATTEMPT).where(NOTICE_ATTEMPT.c.notice.in_(old)))
            connection.execute(delete(NOTICE).where(*gone))


def _conditions(wanted: NoticeFilter) -> list[ColumnElement[bool]]:
    columns = (NOTICE.c.state, NOTICE.c.channel, NOTICE.c.alarm, NOTICE.c.severity, NOTICE.c.digest)
    return [column == value for column in columns if (value := getattr(wanted, column.key)) is not None]
