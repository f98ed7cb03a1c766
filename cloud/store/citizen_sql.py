"""Citizens' reports and survey counts in the same SQL database as the state."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, func, or_, select, update

from cloud.store.citizen_port import CitizenReportRow, SurveyCount
from cloud.store.citizen_tables import CITIZEN_REPORT, SURVEY_COUNT
from cloud.store.incident_tables import INCIDENT
from cloud.store.sql_door import SqlDoor, append, as_dict, as_tuple, put_many


class SqlCitizenStore:
    """Implements the port; the state's own door leads to the database."""

    def __init__(self, door: SqlDoor) -> None:
        self._door = door

    def put_report(self, row: CitizenReportRow) -> None:
        """Keeps a report; StateConflictError when its id is taken."""
        with self._door.writing() as connection:
            append(connection, CITIZEN_REPORT, [as_dict(row)])

    def report(self, identifier: str) -> CitizenReportRow | None:
        """One report."""
        return self._one(CITIZEN_REPORT.c.id == identifier)

    def report_of(self, incident: str) -> CitizenReportRow | None:
        """The report that an incident began with."""
        return self._one(CITIZEN_REPORT.c.incident == incident)

    def reports_since(self, at: int) -> int:
        """How many there were since then."""
        with self._door.reading() as connection:
            query = select(func.count()).select_from(CITIZEN_REPORT).where(CITIZEN_REPORT.c.at >= at)
            return connection.scalar(query) or 0

    def clear_reports(self, *, ended_before: int, made_before: int, now: int) -> int:
        """Empties what is personal of reports that are old enough; says how many."""
        ended = select(INCIDENT.c.id).where(INCIDENT.c.ended_at < ended_before)
        old = or_(CITIZEN_REPORT.c.at < made_before, CITIZEN_REPORT.c.incident.in_(ended))
        due = and_(CITIZEN_REPORT.c.cleared_at.is_(None), old)
        with self._door.writing() as connection:
            change = update(CITIZEN_REPORT).where(due).values(words="", name="", phone="", place="", cleared_at=now)
            return connection.execute(change).rowcount

    def count_answer(self, answer: SurveyCount) -> None:
        """Adds its answers to that day's count."""
        with self._door.writing() as connection:
            put_many(connection, SURVEY_COUNT, [as_tuple(answer)], adding="answers")

    def answers(self, *, since_day: int) -> Sequence[SurveyCount]:
        """The counts from a day on, by site, day and score."""
        query = select(SURVEY_COUNT).where(SURVEY_COUNT.c.day >= since_day)
        query = query.order_by(SURVEY_COUNT.c.site, SURVEY_COUNT.c.day, SURVEY_COUNT.c.score)
        with self._door.reading() as connection:
            return [SurveyCount(**row) for row in connection.execute(query).mappings()]

    def _one(self, which: ColumnElement[bool]) -> CitizenReportRow | None:
        with self._door.reading() as connection:
            query = select(CITIZEN_REPORT).where(which)
            found = connection.execute(query).mappings().first()
        return CitizenReportRow(**found) if found else None
