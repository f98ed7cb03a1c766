"""The port of reactions: what happened to alarms and incidents in a time, as their histories tell it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from cloud.store.incident_port import IncidentHistoryRow
from cloud.store.rows import AlarmHistoryRow


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A line of an alarm's history, and the rule that raised the alarm."""

    rule: str
    line: AlarmHistoryRow


class ReactionStore(Protocol):
    """Reads histories by time. Synchronous, as the StateStore is."""

    def alarm_lines(self, *, begin: int, end: int) -> Sequence[RuleLine]:
        """Every line of before the end, as written, of alarms that lived between the two times, or that belong to an
        incident that did."""

    def incident_lines(self, *, begin: int, end: int) -> Sequence[IncidentHistoryRow]:
        """Every line of before the end, by incident and number, of incidents that lived between the two times."""
