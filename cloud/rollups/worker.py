"""Computes the roll-ups of hours that readings have touched, and forgets what is older than its class may be.

    due rows of the log ──▶ claim ──▶ read raw minutes ──▶ write 1m, 15m, 1h ──▶ clean the rows that stayed as they were

A crash between any two of these computes the same hours again, with the same result.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from cloud.ingest.patience import Patience
from cloud.metrics import Metric, Metrics
from cloud.rollups.fold import runs, widened
from cloud.rollups.marks import Marks
from cloud.rollups.readings import RolledReadings
from cloud.store.base import DirtyRow, StateStore
from cloud.store.roll_up import DAY_MS, HOUR, HOUR_MS, MINUTE, QUARTER, DeviceKey, Grain, RolledPoint
from device_profiles.clock import Clock

HOURS_A_TURN = 64  # hours of devices in memory at once
PACE_S = 5.0
PURGE_S = 3600.0
PROBE_S = 30.0


@dataclass(frozen=True, slots=True)
class Kept:
    """How many days readings and each grain stay; 0 = for ever."""

    raw_days: int
    grain_days: Mapping[Grain, int]


class RollUpWorker:
    """The only one who writes roll-ups; lives in the process that marks."""

    def __init__(
        self, readings: RolledReadings, state: StateStore, marks: Marks, *, kept: Kept, clock: Clock, metrics: Metrics
    ) -> None:
        self._readings = readings
        self._state = state
        self._marks = marks
        self._kept = kept
        self._clock = clock
        self._metrics = metrics
        self._patience = Patience("roll-ups", clock, metrics, counter=Metric.ROLL_UP_RETRIES, probe_s=PROBE_S)
        self._purge_at = clock.monotonic() + PURGE_S  # a start has better things to do

    async def run(self) -> NoReturn:
        """Until cancelled. A store that is away is asked again, with growing pauses; the log keeps what is to do."""
        await self._patience.until_taken(self._open)
        while True:
            began = self._clock.monotonic()
            hours = await self._patience.until_taken(self.turn)
            if hours == HOURS_A_TURN:  # much to do: leave at least half of the time to those who take readings in
                await self._clock.sleep(self._clock.monotonic() - began)
            else:
                await self._patience.until_taken(self._purge_when_due)
                await self._clock.sleep(PACE_S)

    async def turn(self) -> int:
        """Computes what is longest due; says how many hours of devices that were."""
        if self._patience.outage.refused:
            await self._open()
        due = await asyncio.to_thread(self._state.due_dirty, now=self._clock.now_ms(), limit=HOURS_A_TURN)
        if due:
            self._marks.claim(due)
            await self._compute(due)
            await asyncio.to_thread(self._state.clean, due)
        return len(due)

    async def purge(self) -> int:
        """Forgets what is too old, but for readings that no roll-up tells of yet; says how many readings went."""
        now = self._clock.now_ms()
        for grain, days in self._kept.grain_days.items():
            if days:
                await self._readings.roll_ups.purge(grain, before=now - days * DAY_MS)
        if not self._kept.raw_days:
            return 0
        since = await asyncio.to_thread(self._state.rolled_since)
        oldest_dirty = await asyncio.to_thread(self._state.oldest_dirty)
        end = self._raw_horizon(now) if oldest_dirty is None else min(self._raw_horizon(now), oldest_dirty)
        gone = await self._readings.raw_store.purge(begin=since, end=end)
        if since and self._kept.grain_days[HOUR]:  # readings older than the log stand in for their roll-ups
            gone += await self._readings.raw_store.purge(begin=0, end=now - self._kept.grain_days[HOUR] * DAY_MS)
        return gone

    async def _open(self) -> None:
        await self._readings.open()
        await self._readings.open_roll_ups()

    async def _compute(self, due: Sequence[DirtyRow]) -> None:
        points: list[RolledPoint] = []
        horizon = self._raw_horizon(self._clock.now_ms())
        whole = [row for row in due if not self._kept.raw_days or row.hour >= horizon]
        for run in runs(whole):
            device = DeviceKey(run[0].profile, run[0].gateway, run[0].device)
            points += await self._readings.raw_store.minutes(device, begin=run[0].hour, end=run[-1].hour + HOUR_MS)
        await self._readings.roll_ups.write(MINUTE, points)
        for grain in (QUARTER, HOUR):
            await self._readings.roll_ups.write(grain, widened(points, grain))
        self._metrics.add(Metric.ROLLED, len(whole))
        self._metrics.add(Metric.ROLL_UPS_MISSED, len(due) - len(whole))

    async def _purge_when_due(self) -> None:
        if self._clock.monotonic() >= self._purge_at:
            await self.purge()
            self._purge_at = self._clock.monotonic() + PURGE_S

    def _raw_horizon(self, now: int) -> int:
        """Hours that begin before it have lost readings, or may lose them any moment; one hour of grace."""
        return (now - self._kept.raw_days * DAY_MS) // HOUR_MS * HOUR_MS - HOUR_MS
