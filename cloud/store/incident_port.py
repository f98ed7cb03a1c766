"""The port of incidents: what is kept of them, and what a store must do with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from cloud.store.incident_files_port import AttachmentRow
from cloud.store.rows import AlarmFilter, NoticeRow


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """One incident as it stands now. Times in ms since 1970 UTC; `revision` is the number of its last line of history.

    `deadlines` is a JSON text owned by cloud/incidents; `next_due_at` the earliest that is not met.
    """

    id: str
    title: str
    sector: str
    area: str
    site: str
    severity: int
    state: str
    open: bool
    assignee: str
    opened_at: int
    opened_by: str
    changed_at: int
    revision: int
    deadlines: str
    next_due_at: int | None = None
    waits_from: str = ""
    paused_at: int | None = None
    ended_at: int | None = None
    merged_into: str = ""
    escalated_to: int = 0  # up to whom people were told that it is late


@dataclass(frozen=True, slots=True)
class IncidentHistoryRow:
    """One thing that happened to an incident; its lines in order tell everything (`facts`: JSON of what changed)."""

    incident: str
    number: int
    at: int
    what: str
    actor: str
    comment: str
    facts: str


@dataclass(frozen=True, slots=True)
class IncidentChange:
    """What one action changes: incidents, a line of history for each, and which alarms go where."""

    incidents: Sequence[IncidentRow]
    history: Sequence[IncidentHistoryRow]
    added: Sequence[tuple[str, str]] = ()  # (alarm, incident): the alarm was in no incident yet
    moved: Sequence[tuple[str, str]] = ()  # (alarm, incident): from wherever it was
    notices: Sequence[NoticeRow] = ()
    attached: Sequence[AttachmentRow] = ()


@dataclass(frozen=True, slots=True)
class IncidentFilter:
    """Which incidents a page asks for; None means any. `due_before`: a deadline that is not met lies before."""

    state: str | None = None
    open: bool | None = None
    severity: int | None = None
    site: str | None = None
    assignee: str | None = None
    due_before: int | None = None
    sites: frozenset[str] | None = None  # at one of these, or in one of `areas`
    areas: frozenset[str] = frozenset()
    sectors: frozenset[str] | None = None  # of one of these, or with an alarm that `holding` takes
    holding: AlarmFilter | None = None


class IncidentStore(Protocol):
    """Incidents, kept beside the state. Synchronous, as the StateStore is."""

    def keep(self, change: IncidentChange) -> None:
        """All of it in one transaction.

        StateConflictError when somebody else was quicker (that line of history is there already), or when an added
        alarm has an incident: then nothing is kept.
        """

    def incident(self, identifier: str) -> IncidentRow | None:
        """One incident."""

    def incidents(self, wanted: IncidentFilter, *, before: str | None, limit: int) -> Sequence[IncidentRow]:
        """Newest first by id (ids sort by time of opening); `before` is the id behind which the page starts."""

    def history(self, incident: str) -> Sequence[IncidentHistoryRow]:
        """Everything that happened to it, oldest first."""

    def alarms_of(self, incident: str) -> Sequence[str]:
        """The ids of its alarms, rising."""

    def incident_of(self, alarm: str) -> str | None:
        """Which incident an alarm belongs to."""
