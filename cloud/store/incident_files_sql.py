"""What stands beside incidents, in the same SQL database as the state."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, func, select, update

from cloud.store.incident_files_port import AttachmentRow, HandoverRow
from cloud.store.incident_tables import ATTACHMENT, HANDOVER, INCIDENT
from cloud.store.sql_door import SqlDoor, append, as_dict

KEPT = ATTACHMENT.c.gone_at.is_(None)


class SqlIncidentFiles:
    """Attachments and notes between shifts; the state's own door leads to the database."""

    def __init__(self, door: SqlDoor) -> None:
        self._door = door

    def attachments(self, incident: str) -> Sequence[AttachmentRow]:
        """The files of an incident, oldest first; also those that are gone."""
        query = select(ATTACHMENT).where(ATTACHMENT.c.incident == incident).order_by(ATTACHMENT.c.number)
        with self._door.reading() as connection:
            return [AttachmentRow(**row) for row in connection.execute(query).mappings()]

    def attachment(self, incident: str, number: int) -> AttachmentRow | None:
        """One of them."""
        return next((row for row in self.attachments(incident) if row.number == number), None)

    def attached_bytes(self) -> int:
        """How much all contents that are still kept take."""
        each = select(func.max(ATTACHMENT.c.size).label("size")).where(KEPT).group_by(ATTACHMENT.c.digest).subquery()
        with self._door.reading() as connection:
            total: int | None = connection.scalar(select(func.sum(each.c.size)))
        return int(total or 0)

    def kept_digests(self) -> frozenset[str]:
        """The contents that must be kept."""
        with self._door.reading() as connection:
            return frozenset(connection.scalars(select(ATTACHMENT.c.digest).where(KEPT).distinct()))

    def let_go(self, *, ended_before: int, now: int) -> int:
        """Lets the contents of incidents go that ended before that time; says how many."""
        over = select(INCIDENT.c.id).where(~INCIDENT.c.open, INCIDENT.c.ended_at < ended_before)
        with self._door.writing() as connection:
            query = update(ATTACHMENT).where(KEPT, ATTACHMENT.c.incident.in_(over)).values(gone_at=now)
            return connection.execute(query).rowcount

    def put_handover(self, row: HandoverRow) -> None:
        """Keeps a note."""
        with self._door.writing() as connection:
            append(connection, HANDOVER, [as_dict(row)])

    def forget_handovers(self, *, before: int, limit: int) -> int:
        """Forgets the oldest notes of before that time; says how many."""
        old = select(HANDOVER.c.id).where(HANDOVER.c.at < before).order_by(HANDOVER.c.id).limit(limit)
        with self._door.reading() as connection:
            found = list(connection.scalars(old))
        if found:
            with self._door.writing() as connection:
                connection.execute(delete(HANDOVER).where(HANDOVER.c.id.in_(found)))
        return len(found)

    def handovers(self, *, before: str | None, limit: int) -> Sequence[HandoverRow]:
        """The newest notes first by id."""
        query = select(HANDOVER).order_by(HANDOVER.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(HANDOVER.c.id < before)
        with self._door.reading() as connection:
            return [HandoverRow(**row) for row in connection.execute(query).mappings()]
