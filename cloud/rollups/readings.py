"""The store of readings as the house sees it: long ranges come from roll-ups, with the answer that raw readings give.

begin        since                  dirty hours           end
  |—— raw ————|—————— roll-ups ——————|— raw —|— roll-ups —|raw|
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from cloud.rollups.fold import Stretch, as_bucket, as_rolled, coarsest, merged, stretches
from cloud.store.base import (
    Bucket,
    Columns,
    PlacedEvent,
    RawColumn,
    Rejection,
    SeriesKey,
    StateStore,
    StoredSeries,
)
from cloud.store.roll_up import DAY_MS, HOUR_MS, Grain, RawStore, Rolled, RollUpStore
from device_profiles.clock import Clock
from device_profiles.wire.messages import Cell

SHORT_MS = 3 * HOUR_MS  # so little of the last day is read from raw readings whatever the step


class RolledReadings:
    """A ReadingStore over raw readings and their roll-ups. Until the roll-ups are open, all comes from raw readings."""

    def __init__(
        self,
        raw: RawStore,
        roll_ups: RollUpStore,
        state: StateStore,
        *,
        keep_days: Mapping[Grain, int],
        clock: Clock,
    ) -> None:
        self.raw_store = raw
        self.roll_ups = roll_ups
        self._state = state
        self._keep_days = keep_days
        self._clock = clock
        self._since: int | None = None

    async def open(self) -> None:
        """Makes the store of raw readings ready: nobody who writes waits for roll-ups."""
        await self.raw_store.open()

    async def open_roll_ups(self) -> None:
        """Makes the roll-ups ready, and answers from them; StoreUnavailableError when they cannot be reached yet."""
        await self.roll_ups.open()
        self._since = await asyncio.to_thread(self._state.rolled_since)

    async def write(self, columns: Sequence[Columns], events: Sequence[PlacedEvent]) -> Sequence[Rejection]:
        """Commits raw readings; see the port."""
        return await self.raw_store.write(columns, events)

    async def series(self, key: SeriesKey, *, begin: int, end: int, step_ms: int) -> Sequence[Bucket]:
        """The point between two times (end excluded), from the coarsest roll-up that serves the step."""
        grain = coarsest(step_ms)
        if grain is None or self._since is None or self._is_short(begin, end):
            return await self.raw_store.series(key, begin=begin, end=end, step_ms=step_ms)
        dirty = await asyncio.to_thread(self._state.dirty_hours, key.gateway, key.device, key.profile)
        since = max(self._since, self._kept_since(grain))
        windows: list[Rolled] = []
        for stretch in stretches(begin, end, grain=grain, dirty=dirty, since=since):
            windows += await self._read(key, grain, stretch, step_ms)
        return list(map(as_bucket, merged(windows, step_ms)))

    async def raw(self, key: SeriesKey, *, begin: int, end: int) -> RawColumn:
        """The good raw readings between two times (end excluded), as long as they are kept."""
        return await self.raw_store.raw(key, begin=begin, end=end)

    async def stored(self, profile: str, point: str, *, begin: int, end: int) -> Sequence[StoredSeries]:
        """Which devices have raw readings of a point between two times (end excluded)."""
        return await self.raw_store.stored(profile, point, begin=begin, end=end)

    async def latest(self, key: SeriesKey) -> tuple[int, Cell] | None:
        """Time and value of the newest usable reading."""
        return await self.raw_store.latest(key)

    async def count(self, key: SeriesKey) -> int:
        """How many usable raw readings the series holds."""
        return await self.raw_store.count(key)

    async def check(self) -> str:
        """One sentence on the server; StoreUnavailableError when it does not take a canary point."""
        return await self.raw_store.check()

    async def close(self) -> None:
        """Lets go of both stores."""
        await self.roll_ups.close()
        await self.raw_store.close()

    async def _read(self, key: SeriesKey, grain: Grain, stretch: Stretch, step_ms: int) -> Sequence[Rolled]:
        begin, end = stretch.begin, stretch.end
        if stretch.is_raw:
            buckets = await self.raw_store.series(key, begin=begin, end=end, step_ms=step_ms)
            return [as_rolled(bucket) for bucket in buckets]
        return await self.roll_ups.windows(key, grain, begin=begin, end=end)

    def _is_short(self, begin: int, end: int) -> bool:
        return end - begin <= SHORT_MS and begin > self._clock.now_ms() - DAY_MS

    def _kept_since(self, grain: Grain) -> int:
        """The first full hour that the grain's retention surely leaves alone."""
        days = self._keep_days[grain]
        return 0 if days == 0 else (self._clock.now_ms() - days * DAY_MS) // HOUR_MS * HOUR_MS + HOUR_MS
