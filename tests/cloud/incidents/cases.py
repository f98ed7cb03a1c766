"""Incidents for tests."""

from __future__ import annotations

from cloud.incidents.casebook import Action, Facts, open_incident
from cloud.store.incident_port import IncidentChange

OPENED_AT = 1_757_400_000_000


def opening(alarm: str = "alarm-1", *, at: int = OPENED_AT, severity: int = 2) -> IncidentChange:
    """A new incident out of one alarm."""
    facts = Facts(title="Sông Thao vượt báo động II", site="yen-bai", severity=severity, alarms=(alarm,))
    return open_incident(Action("lan", at, facts=facts))
