"""Incidents in the same SQL database as the state."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, or_, select

from cloud.store.alarm_query import alarm_conditions
from cloud.store.incident_port import IncidentChange, IncidentFilter, IncidentHistoryRow, IncidentRow
from cloud.store.incident_tables import ATTACHMENT, INCIDENT, INCIDENT_ALARM, INCIDENT_HISTORY
from cloud.store.rows import AlarmFilter
from cloud.store.sql_door import Row, SqlDoor, append, as_dict, put, put_new
from cloud.store.tables import ALARM, NOTICE


class SqlIncidentStore:
    """Keeps incidents, their history and their alarms; the state's own door leads to the database."""

    def __init__(self, door: SqlDoor) -> None:
        self._door = door

    def keep(self, change: IncidentChange) -> None:
        """All of it in one transaction; StateConflictError when somebody else was quicker."""
        with self._door.writing() as connection:
            append(connection, INCIDENT_HISTORY, map(as_dict, change.history))
            append(connection, INCIDENT_ALARM, map(_link, change.added))
            put(connection, INCIDENT_ALARM, map(_link, change.moved))
            put(connection, INCIDENT, map(as_dict, change.incidents))
            put_new(connection, NOTICE, map(as_dict, change.notices))
            put(connection, ATTACHMENT, map(as_dict, change.attached))

    def incident(self, identifier: str) -> IncidentRow | None:
        """One incident."""
        with self._door.reading() as connection:
            row = connection.execute(select(INCIDENT).where(INCIDENT.c.id == identifier)).mappings().first()
        return None if row is None else IncidentRow(**row)

    def incidents(self, wanted: IncidentFilter, *, before: str | None, limit: int) -> Sequence[IncidentRow]:
        """Newest first by id; `before` is the id behind which the page starts."""
        query = select(INCIDENT).where(*_conditions(wanted)).order_by(INCIDENT.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(INCIDENT.c.id < before)
        with self._door.reading() as connection:
            return [IncidentRow(**row) for row in connection.execute(query).mappings()]

    def history(self, incident: str) -> Sequence[IncidentHistoryRow]:
        """Everything that happened to it, oldest first."""
        query = select(INCIDENT_HISTORY).where(INCIDENT_HISTORY.c.incident == incident)
        with self._door.reading() as connection:
            rows = connection.execute(query.order_by(INCIDENT_HISTORY.c.number)).mappings()
            return [IncidentHistoryRow(**row) for row in rows]

    def alarms_of(self, incident: str) -> Sequence[str]:
        """The ids of its alarms, rising."""
        query = select(INCIDENT_ALARM.c.alarm).where(INCIDENT_ALARM.c.incident == incident)
        with self._door.reading() as connection:
            return list(connection.scalars(query.order_by(INCIDENT_ALARM.c.alarm)))

    def incident_of(self, alarm: str) -> str | None:
        """Which incident an alarm belongs to."""
        query = select(INCIDENT_ALARM.c.incident).where(INCIDENT_ALARM.c.alarm == alarm)
        with self._door.reading() as connection:
            found: str | None = connection.scalar(query)
        return found


def _link(pair: tuple[str, str]) -> Row:
    alarm, incident = pair
    return {"alarm": alarm, "incident": incident}


def _holding(wanted: AlarmFilter) -> Select[tuple[str]]:
    query = select(INCIDENT_ALARM.c.incident).join(ALARM, ALARM.c.id == INCIDENT_ALARM.c.alarm)
    return query.where(*alarm_conditions(wanted))


def _conditions(wanted: IncidentFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    for column in (INCIDENT.c.state, INCIDENT.c.severity, INCIDENT.c.site, INCIDENT.c.assignee):
        value = getattr(wanted, column.key)
        if value is not None:
            found.append(column == value)
    if wanted.open is not None:
        found.append(INCIDENT.c.open if wanted.open else ~INCIDENT.c.open)
    if wanted.sites is not None:
        found.append(or_(INCIDENT.c.site.in_(wanted.sites), INCIDENT.c.area.in_(wanted.areas)))
    if wanted.sectors is not None:
        held = [INCIDENT.c.id.in_(_holding(wanted.holding))] if wanted.holding is not None else []
        found.append(or_(INCIDENT.c.sector.in_(wanted.sectors), *held))
    if wanted.due_before is not None:
        found.append(INCIDENT.c.next_due_at < wanted.due_before)
    return found
