"""Bulletins and evacuations in the same SQL database as the state."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import and_, or_, select, update

from cloud.store.disaster_port import BulletinRow, EvacuationLine, EvacuationRow
from cloud.store.disaster_tables import BULLETIN, EVACUATION, EVACUATION_LINE
from cloud.store.sql_door import SqlDoor, append, as_dict

MOST_IN_FORCE = 200


class SqlDisasterStore:
    """Implements the port; the state's own door leads to the database."""

    def __init__(self, door: SqlDoor) -> None:
        self._door = door

    def put_bulletin(self, row: BulletinRow) -> None:
        """Keeps a bulletin; StateConflictError when its id is taken."""
        with self._door.writing() as connection:
            append(connection, BULLETIN, [as_dict(row)])

    def bulletin(self, identifier: str) -> BulletinRow | None:
        """One bulletin."""
        with self._door.reading() as connection:
            query = select(BULLETIN).where(BULLETIN.c.id == identifier)
            found = connection.execute(query).mappings().first()
        return BulletinRow(**found) if found else None

    def bulletins(self, *, before: str | None, limit: int) -> Sequence[BulletinRow]:
        """The newest first by id, withdrawn ones too."""
        query = select(BULLETIN).order_by(BULLETIN.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(BULLETIN.c.id < before)
        with self._door.reading() as connection:
            return [BulletinRow(**row) for row in connection.execute(query).mappings()]

    def bulletins_in_force(self, *, at: int, issued_since: int) -> Sequence[BulletinRow]:
        """What is not withdrawn and holds at a time, newest issue first; without an end, what was issued since."""
        lasts = or_(
            BULLETIN.c.valid_until > at,
            and_(BULLETIN.c.valid_until.is_(None), BULLETIN.c.issued_at >= issued_since),
        )
        query = select(BULLETIN).where(BULLETIN.c.withdrawn_at.is_(None), lasts)
        query = query.order_by(BULLETIN.c.issued_at.desc(), BULLETIN.c.id.desc()).limit(MOST_IN_FORCE)
        with self._door.reading() as connection:
            return [BulletinRow(**row) for row in connection.execute(query).mappings()]

    def withdraw_bulletin(self, identifier: str, *, at: int, actor: str, reason: str) -> bool:
        """Withdraws a bulletin; False when it is withdrawn already, or does not exist."""
        mine = and_(BULLETIN.c.id == identifier, BULLETIN.c.withdrawn_at.is_(None))
        change = {"withdrawn_at": at, "withdrawn_by": actor, "withdrawn_reason": reason}
        with self._door.writing() as connection:
            return connection.execute(update(BULLETIN).where(mine).values(**change)).rowcount > 0

    def open_evacuation(self, row: EvacuationRow) -> None:
        """Begins an evacuation; StateConflictError when one of that commune is open."""
        with self._door.writing() as connection:
            append(connection, EVACUATION, [as_dict(row)])

    def evacuation(self, identifier: str) -> EvacuationRow | None:
        """One evacuation."""
        with self._door.reading() as connection:
            query = select(EVACUATION).where(EVACUATION.c.id == identifier)
            found = connection.execute(query).mappings().first()
        return EvacuationRow(**found) if found else None

    def evacuations(self, *, open_only: bool, before: str | None, limit: int) -> Sequence[EvacuationRow]:
        """The newest first by id."""
        query = select(EVACUATION).order_by(EVACUATION.c.id.desc()).limit(limit)
        if open_only:
            query = query.where(EVACUATION.c.closed_at.is_(None))
        if before is not None:
            query = query.where(EVACUATION.c.id < before)
        with self._door.reading() as connection:
            return [EvacuationRow(**row) for row in connection.execute(query).mappings()]

    def put_line(self, line: EvacuationLine) -> bool:
        """Adds a line (its number is given here); False when the evacuation is closed or does not exist."""
        is_open = and_(EVACUATION.c.id == line.evacuation, EVACUATION.c.closed_at.is_(None))
        row = as_dict(line)
        del row["number"]
        with self._door.writing() as connection:
            if connection.scalar(select(EVACUATION.c.id).where(is_open).with_for_update()) is None:
                return False
            append(connection, EVACUATION_LINE, [row])
        return True

    def lines(self, evacuation: str) -> Sequence[EvacuationLine]:
        """Everything that was ticked and taken back, oldest first."""
        query = select(EVACUATION_LINE).where(EVACUATION_LINE.c.evacuation == evacuation)
        with self._door.reading() as connection:
            rows = connection.execute(query.order_by(EVACUATION_LINE.c.number)).mappings()
            return [EvacuationLine(**row) for row in rows]

    def close_evacuation(self, identifier: str, *, at: int, actor: str, note: str) -> bool:
        """Ends an evacuation; False when it has ended already, or does not exist."""
        is_open = and_(EVACUATION.c.id == identifier, EVACUATION.c.closed_at.is_(None))
        change = {"closed_at": at, "closed_by": actor, "closed_note": note}
        with self._door.writing() as connection:
            return connection.execute(update(EVACUATION).where(is_open).values(**change)).rowcount > 0
