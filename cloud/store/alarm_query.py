"""What an AlarmFilter asks for, as conditions of SQL; incidents ask by their alarms."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, or_

from cloud.store.rows import AlarmFilter
from cloud.store.tables import ALARM
from device_profiles.wire.helping import ITSELF

EQUAL = ("site", "gateway", "severity", "device", "rule", "assignee")


def alarm_conditions(wanted: AlarmFilter) -> list[ColumnElement[bool]]:
    """All of them hold for an alarm that fits."""
    found: list[ColumnElement[bool]] = [
        ALARM.c[name] == value for name in EQUAL if (value := getattr(wanted, name)) is not None
    ]
    if wanted.open is not None:
        found.append(ALARM.c.open if wanted.open else ~ALARM.c.open)
    if wanted.since is not None:
        found.append(ALARM.c.changed_at >= wanted.since)
    if wanted.sites is not None:
        found.append(ALARM.c.site.in_(wanted.sites))
    if wanted.rules is not None:
        itself = and_(ALARM.c.device == ITSELF, ALARM.c.gateway.in_(wanted.gateways))
        found.append(or_(ALARM.c.rule.in_(wanted.rules), itself))
    return found
