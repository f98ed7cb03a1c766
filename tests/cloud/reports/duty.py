"""A shift for tests: alarms come and go, people acknowledge, open incidents and send them; all of it is kept."""

from __future__ import annotations

from typing import Final

from cloud.alarms.book import AlarmBook, Change, Finding
from cloud.alarms.lifecycle import Trigger
from cloud.incidents.casebook import Action, Facts, move, open_incident
from cloud.incidents.workflow import Conclusion, Move
from cloud.reports.month import month_of
from cloud.store.base import AlarmHistoryRow, Commit
from cloud.store.sql import SqlStateStore

JUNE: Final = month_of("2026-06")
SECOND_MS: Final = 1_000
MINUTE_MS: Final = 60_000


class Duty:
    """What happens to alarms and incidents, in minutes since the begin of June."""

    def __init__(self, state: SqlStateStore) -> None:
        self._state = state
        self._book = AlarmBook()

    def raised(self, minute: float, *, rule: str = "flood_chay_bao_yen", device: str = "g1", late_s: int = 2) -> str:
        """An alarm, so many seconds after the measurement; its id."""
        at = _at(minute)
        finding = Finding(rule, "1", "site", "gw", device, "level_m", "I", 3, 30.1, 30.0, "vi", "en")
        change = self._book.find(Trigger.RAISE, finding, observed_at=at - late_s * SECOND_MS, received_at=at)
        return self._kept(change)

    def cleared(self, minute: float, *, rule: str = "flood_chay_bao_yen", device: str = "g1") -> None:
        """Its value has returned."""
        at = _at(minute)
        self._kept(self._book.clear((rule, "gw", device), 29.0, observed_at=at - 2 * SECOND_MS, received_at=at))

    def acknowledged(self, alarm: str, minute: float) -> None:
        """Somebody has seen it."""
        self._kept(self._book.acknowledge(alarm, actor="lan", comment="", now=_at(minute)))

    def withdrawn(self, alarm: str, minute: float) -> None:
        """Late readings showed that it was not so."""
        row = self._state.alarm(alarm)
        assert row is not None
        line = AlarmHistoryRow(alarm, _at(minute), row.raised_at, "withdrawn", "I", None, "system", "")
        self._state.commit(Commit(history=[line]))

    def opened(self, alarm: str, minute: float) -> str:
        """An incident out of an alarm; its id."""
        change = open_incident(Action("lan", _at(minute), facts=Facts(title="Sông Chảy", severity=2, alarms=(alarm,))))
        self._state.incidents.keep(change)
        return change.incidents[0].id

    def moved(self, incident: str, minute: float, *moves: Move, conclusion: Conclusion | None = None) -> None:
        """All of these moves at once; the last one says what it proved to be."""
        for how in moves:
            row = self._state.incidents.incident(incident)
            assert row is not None
            said = conclusion if how == moves[-1] else None
            action = Action("lan", _at(minute), "lý do", Facts(assignee="UBND xã Bảo Yên", conclusion=said))
            self._state.incidents.keep(move(row, how, action))

    def _kept(self, change: Change) -> str:
        self._state.commit(Commit(alarms=[change.alarm], history=[change.history]))
        return change.alarm.id


def _at(minute: float) -> int:
    return JUNE.begin + round(minute * MINUTE_MS)
