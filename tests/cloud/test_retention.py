"""What is over is forgotten when it is old enough, day by day, and an open alarm never."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud.errors import StoreUnavailableError
from cloud.retention import DAY_MS, DAY_S, Retention, RetentionConfig
from cloud.store.base import AlarmFilter, AlarmRow, AuditRow, Commit
from cloud.store.incident_files_port import HandoverRow
from cloud.store.sql import SqlStateStore
from tests.fakes import ManualClock
from tests.waiting import eventually

NOW = ManualClock().now_ms()
EVERY = AlarmFilter()


class Locked(SqlStateStore):
    """A database that is not there when it is first asked to forget."""

    away = 1

    def forget_alarms(self, *, before: int, limit: int) -> int:
        """Raises once."""
        self.away -= 1
        if self.away >= 0:
            raise StoreUnavailableError("locked")
        return super().forget_alarms(before=before, limit=limit)


def alarm(identifier: str, *, days_ago: int, is_open: bool = False) -> AlarmRow:
    """An alarm that changed so many days ago."""
    at = NOW - days_ago * DAY_MS
    words = ("s", "gw", identifier, "level_m", "unacked" if is_open else "normal", is_open, "I", 3, 31.0, 30.0)
    return AlarmRow(identifier, "flood", "1", *words, "Lũ", "Flood", at, at, at)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Locked]:
    store = Locked(f"sqlite:///{tmp_path / 'state.sqlite3'}")
    store.migrate()
    store.commit(
        Commit(
            alarms=[
                alarm("a", days_ago=2000),
                alarm("b", days_ago=2000, is_open=True),
                alarm("c", days_ago=1824),
                alarm("d", days_ago=1),
            ]
        )
    )
    store.put_audit(AuditRow(NOW - 800 * DAY_MS, "lan", "login", "", ""))
    store.put_audit(AuditRow(NOW, "lan", "login", "", ""))
    for number, days in enumerate((800, 1)):
        note = HandoverRow(f"{number}", NOW - days * DAY_MS, "lan", "minh", "trả ca", "{}")
        store.incident_files.put_handover(note)
    yield store
    store.close()


def left(state: SqlStateStore) -> list[str]:
    """The alarms that are still there."""
    return sorted(row.id for row in state.alarms(EVERY, before=None, limit=9))


async def test_old_alarms_and_audit_rows_go_day_by_day_also_after_the_database_was_away(state: Locked) -> None:
    clock = ManualClock()
    async with asyncio.TaskGroup() as group:
        looking = group.create_task(
            Retention(state, state.incident_files, RetentionConfig.model_validate({}), clock).run()
        )
        await eventually(lambda: clock.sleepers == 1)
        assert left(state) == ["a", "b", "c", "d"]
        await clock.advance(DAY_S)
        await eventually(lambda: clock.sleepers == 1)
        assert left(state) == ["b", "c", "d"]
        assert len(state.audit(limit=9)) == 1
        assert [note.id for note in state.incident_files.handovers(before=None, limit=9)] == ["1"]
        await clock.advance(DAY_S)
        await eventually(lambda: clock.sleepers == 1)
        assert left(state) == ["b", "d"]
        looking.cancel()


async def test_what_shall_stay_for_ever_stays(state: Locked) -> None:
    state.away, clock = 0, ManualClock()
    config = RetentionConfig.model_validate({"alarm_days": 0, "audit_days": 0})
    async with asyncio.TaskGroup() as group:
        looking = group.create_task(Retention(state, state.incident_files, config, clock).run())
        await eventually(lambda: clock.sleepers == 1)
        assert (len(left(state)), len(state.audit(limit=9))) == (4, 2)
        looking.cancel()
