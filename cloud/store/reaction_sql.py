"""What happened to alarms and incidents in a time, from the same SQL database as the state."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Select, or_, select

from cloud.store.incident_port import IncidentHistoryRow
from cloud.store.incident_tables import INCIDENT, INCIDENT_ALARM, INCIDENT_HISTORY
from cloud.store.reaction_port import RuleLine
from cloud.store.rows import AlarmHistoryRow
from cloud.store.sql_door import SqlDoor
from cloud.store.tables import ALARM, ALARM_HISTORY


class SqlReactionStore:
    """Reads histories by time; the state's own door leads to the database."""

    def __init__(self, door: SqlDoor) -> None:
        self._door = door

    def alarm_lines(self, *, begin: int, end: int) -> Sequence[RuleLine]:
        """Every line of before the end, as written, of alarms that lived between the two times, or that belong to an
        incident that did."""
        gathered = select(INCIDENT_ALARM.c.alarm).where(INCIDENT_ALARM.c.incident.in_(_incidents(begin, end)))
        lived = or_(ALARM.c.open, ALARM.c.changed_at >= begin, ALARM.c.id.in_(gathered))
        columns = [column for column in ALARM_HISTORY.c if column.key != "number"]
        query = select(ALARM.c.rule, *columns).join(ALARM, ALARM.c.id == ALARM_HISTORY.c.alarm)
        query = query.where(ALARM.c.raised_at < end, lived, ALARM_HISTORY.c.at < end)
        with self._door.reading() as connection:
            rows = connection.execute(query.order_by(ALARM_HISTORY.c.number))
            return [RuleLine(rule, AlarmHistoryRow(*line)) for rule, *line in rows]

    def incident_lines(self, *, begin: int, end: int) -> Sequence[IncidentHistoryRow]:
        """Every line of before the end, by incident and number, of incidents that lived between the two times."""
        mine = INCIDENT_HISTORY.c.incident.in_(_incidents(begin, end))
        query = select(INCIDENT_HISTORY).where(mine, INCIDENT_HISTORY.c.at < end)
        with self._door.reading() as connection:
            rows = connection.execute(query.order_by(INCIDENT_HISTORY.c.incident, INCIDENT_HISTORY.c.number)).mappings()
            return [IncidentHistoryRow(**row) for row in rows]


def _incidents(begin: int, end: int) -> Select[tuple[str]]:
    lived = or_(INCIDENT.c.open, INCIDENT.c.changed_at >= begin)
    return select(INCIDENT.c.id).where(INCIDENT.c.opened_at < end, lived)
