"""The port of what citizens say: reports from the field, and answers of surveys as mere counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class CitizenReportRow:
    """One report; `id` is its reference number, which nobody can guess and only the reporter is told.

    `words`, `name` and `phone` are personal: they are emptied, and `cleared_at` says when.
    """

    id: str
    at: int
    incident: str
    topic: str
    area: str
    place: str
    words: str
    name: str
    phone: str
    cleared_at: int | None = None


@dataclass(frozen=True, slots=True)
class SurveyCount:
    """How many people gave a score to a site on a day (days since 1970, by the time of Vietnam)."""

    site: str
    day: int
    score: int
    answers: int


class CitizenStore(Protocol):
    """Reports and survey counts in the state database. Synchronous, as the StateStore is."""

    def put_report(self, row: CitizenReportRow) -> None:
        """Keeps a report; StateConflictError when its id is taken."""

    def report(self, identifier: str) -> CitizenReportRow | None:
        """One report."""

    def report_of(self, incident: str) -> CitizenReportRow | None:
        """The report that an incident began with."""

    def reports_since(self, at: int) -> int:
        """How many there were since then."""

    def clear_reports(self, *, ended_before: int, made_before: int, now: int) -> int:
        """Empties what is personal of reports whose incident ended, or which were made, before; says how many."""

    def count_answer(self, answer: SurveyCount) -> None:
        """Adds its answers to that day's count."""

    def answers(self, *, since_day: int) -> Sequence[SurveyCount]:
        """The counts from a day on, by site, day and score."""
