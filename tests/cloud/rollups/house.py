"""Readings, roll-ups, log and worker put together, and a way to bring readings in as the centre does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cloud.metrics import Metrics
from cloud.rollups.marks import Marks
from cloud.rollups.readings import RolledReadings
from cloud.rollups.worker import Kept, RollUpWorker
from cloud.store.base import Columns, Commit
from cloud.store.roll_up import GRAINS, RawStore, RollUpStore
from cloud.store.sql import SqlStateStore
from tests.cloud.store.blocks import NOW
from tests.fakes import ManualClock

HOUR = 3_600_000
MIN = 60_000
TODAY = NOW // HOUR * HOUR  # a full hour, so that tests do not depend on the minute in which they run
SETTLE_S = 30.0
REFRESH_S = 900.0


class House:
    """What a centre has of roll-ups; `restart` forgets all that only the process knew."""

    def __init__(self, folder: Path, raw: RawStore, roll_ups: RollUpStore, *, kept: Kept | None = None) -> None:
        self.raw = raw
        self.roll_ups = roll_ups
        self.clock = ManualClock(TODAY)
        self.state = SqlStateStore(f"sqlite:///{folder / 'state.sqlite3'}")
        self.state.migrate()
        self.kept = kept or Kept(30, {grain: grain.keep_days for grain in GRAINS})
        self.restart()

    def restart(self) -> None:
        """The process ends and another one begins."""
        self.metrics = Metrics()
        self.marks = Marks(settle_ms=round(SETTLE_S * 1000), refresh_ms=round(REFRESH_S * 1000))
        self.readings = RolledReadings(
            self.raw, self.roll_ups, self.state, keep_days=self.kept.grain_days, clock=self.clock
        )
        self.worker = RollUpWorker(
            self.readings, self.state, self.marks, kept=self.kept, clock=self.clock, metrics=self.metrics
        )

    async def bring(self, *blocks: Columns) -> None:
        """Stores and then marks, as the flow and the recorder do."""
        await self.raw.write(blocks, [])
        rows = self.marks.rows(blocks, now=self.clock.now_ms())
        self.state.commit(Commit(dirty=rows))

    def dirty(self) -> Sequence[int]:
        """Which hours of the river are dirty, counted from TODAY."""
        hours = self.state.dirty_hours("gw1", "river", "river_gauge")
        return [(hour - TODAY) // HOUR for hour in hours]
