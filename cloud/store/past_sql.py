"""Alarms' pasts in the same SQL database as the state."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, or_, select

from cloud.store.rows import AlarmHistoryRow, AlarmRow
from cloud.store.sql_door import SqlDoor
from cloud.store.tables import ALARM, ALARM_HISTORY


class SqlPastStore:
    """Reads the alarms of one rule and device; the state's own door leads to the database."""

    def __init__(self, door: SqlDoor) -> None:
        self._door = door

    def past(
        self, rule: str, gateway: str, device: str, *, since: int
    ) -> tuple[Sequence[AlarmRow], Sequence[AlarmHistoryRow]]:
        """The alarms that are open or that something happened to since a time, and all their lines as written."""
        return self._past(ALARM.c.rule == rule, ALARM.c.gateway == gateway, ALARM.c.device == device, since=since)

    def past_of_rule(self, rule: str, *, since: int) -> tuple[Sequence[AlarmRow], Sequence[AlarmHistoryRow]]:
        """The same of a rule at all places."""
        return self._past(ALARM.c.rule == rule, since=since)

    def _past(self, *mine: ColumnElement[bool], since: int) -> tuple[Sequence[AlarmRow], Sequence[AlarmHistoryRow]]:
        wanted = (*mine, or_(ALARM.c.open, ALARM.c.changed_at >= since))
        columns = [column for column in ALARM_HISTORY.c if column.key != "number"]
        lines = select(*columns).where(ALARM_HISTORY.c.alarm.in_(select(ALARM.c.id).where(*wanted)))
        with self._door.reading() as connection:  # one transaction: the lines are those of these alarms
            alarms = [AlarmRow(**row) for row in connection.execute(select(ALARM).where(*wanted)).mappings()]
            told = connection.execute(lines.order_by(ALARM_HISTORY.c.number)).mappings()
            return alarms, [AlarmHistoryRow(**row) for row in told]
