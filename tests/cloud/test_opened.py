"""The open alarms that pages look through are those of the state, read again when one has changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from cloud.opened import OLDEST_MS, OpenAlarmRows
from cloud.store.base import AlarmRow, Commit
from cloud.store.sql import SqlStateStore
from tests.fakes import ManualClock

ROW = AlarmRow(
    "1", "rule", "1", "s1", "gw", "d", "p", "unacked", True, "", 1, 2.0, 1.0, "Sai", "Wrong", 1, 1, 1,
)  # fmt: skip


async def test_open_alarms_are_read_again_when_one_has_changed_or_nobody_said_so_for_long(tmp_path: Path) -> None:
    state, clock, changes = SqlStateStore(f"sqlite:///{tmp_path / 'state.sqlite3'}"), ManualClock(), [0]
    state.migrate()
    opened = OpenAlarmRows(state, lambda: changes[0], clock)
    assert list(opened.rows()) == []
    state.commit(Commit(alarms=[ROW]))
    changes[0] += 1
    assert [each.id for each in opened.rows()] == ["1"]
    assert opened.rows() is opened.rows()
    state.commit(Commit(alarms=[replace(ROW, open=False, state="normal")]))
    await clock.advance(OLDEST_MS / 1000 + 0.001)
    assert list(opened.rows()) == []
    state.close()
