"""The gate to the store of readings: open, or closed while it is away, so that windows go past it and not through it.

```
        overdue and no canary, or stuck          canary taken
   open ------------------------------> closed ----------------> open
   windows are written, then judged     windows are judged and held by the gateways; one probe asks
```
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from math import inf
from typing import NoReturn

from cloud.errors import StoreUnavailableError
from cloud.ingest.patience import Patience
from cloud.store.base import Columns, PlacedEvent, ReadingStore, Rejection
from device_profiles.clock import Clock

log = logging.getLogger(__name__)

CANARY_S = 120.0  # a store that forgets what it took is noticed within 5 minutes
LOOKS = 3  # so often within our patience is looked whether a write is overdue
STUCK = 10  # so many times our patience: a store that takes canaries and not what we write is as good as away
REST_S = 60.0  # so long it is then passed by, and twice as long whenever that comes again soon
MOST_REST_S = 900.0


class Gate:
    """Writes to the store, and knows when it is away.

    A write is overdue when it lasts longer than our patience. Then a canary decides: a store that takes it is busy, and
    is waited for, but not for ever; from a store that does not, every write is taken back, and none begins until it
    takes one again.
    """

    def __init__(self, store: ReadingStore, patience: Patience, clock: Clock, *, patience_s: float) -> None:
        self._store = store
        self._patience = patience
        self._clock = clock
        self._patience_s = patience_s
        self._under_way: dict[asyncio.Task[Sequence[Rejection]], float] = {}  # write -> since when
        self._canary_at = clock.monotonic()
        self._turned_at = clock.monotonic()
        self._rest_s = REST_S
        self._rests_until = -inf
        self.is_open = False  # until the first canary has been taken

    def fault(self) -> str:
        """Empty when the store takes what we write, else why not."""
        return self._patience.outage.fault

    def away_since(self) -> int:
        """Since when the gate is closed, in ms since 1970 UTC; 0 when it is open."""
        return 0 if self.is_open else self._patience.outage.since_ms

    def is_refused(self) -> bool:
        """Whether the store is there and does not want us: a person must help."""
        return self._patience.outage.refused

    def steady_for_s(self) -> float:
        """How long windows have been going the way that they go now; 0 while they wait for the store to answer."""
        if self.is_open and self.fault():
            return 0.0
        return self._clock.monotonic() - max(self._turned_at, self._patience.outage.back_at)

    async def open(self) -> None:
        """Asks the store once, briefly; whoever does not answer counts as away."""
        await self._ask()

    async def write(self, columns: Sequence[Columns], events: Sequence[PlacedEvent] = ()) -> Sequence[Rejection]:
        """What the store will never take; StoreUnavailableError as soon as it counts as away."""
        if not self.is_open:
            raise StoreUnavailableError(self.fault())
        try:
            # in a task of its own, which can be taken back whatever the store does with the cancellation
            async with asyncio.TaskGroup() as group:
                write = group.create_task(self._until_taken(columns, events))
                self._under_way[write] = self._clock.monotonic()
                write.add_done_callback(self._under_way.pop)
        except* StoreUnavailableError as lost:
            raise StoreUnavailableError(self.fault()) from lost
        if write.cancelled():
            raise StoreUnavailableError(self.fault())
        return write.result()

    async def run(self) -> NoReturn:
        """Looks whether the store is well, until cancelled."""
        while True:
            if self.is_open:
                await self._clock.sleep(self._patience_s / LOOKS)
                if self._is_overdue() or self._clock.monotonic() - self._canary_at >= CANARY_S:
                    await self._ask()
            else:
                await self._clock.sleep(self._patience.next_delay())
                await self._ask()

    async def _until_taken(self, columns: Sequence[Columns], events: Sequence[PlacedEvent]) -> Sequence[Rejection]:
        while True:
            try:
                rejections = await self._store.write(columns, events)
            except StoreUnavailableError as error:
                self._patience.lost(error)
                if not self.is_open:  # a group of tasks may have swallowed the cancellation
                    raise
                await self._clock.sleep(self._patience.next_delay())
            else:
                self._patience.regained()
                return rejections

    def _is_overdue(self, times: int = 1) -> bool:
        oldest = next(iter(self._under_way.values()), None)
        return oldest is not None and self._clock.monotonic() - oldest >= times * self._patience_s

    async def _ask(self) -> None:
        self._canary_at = self._clock.monotonic()
        try:
            async with asyncio.timeout(self._patience_s):
                if not self.is_open:
                    await self._store.open()  # somebody may have emptied or mended it
                await self._store.check()
        except StoreUnavailableError as error:
            self._close(error)
        except TimeoutError:
            if not self.is_open or self._is_overdue():
                self._close(StoreUnavailableError("the store does not answer"))
        else:
            self._note_canary()

    def _note_canary(self) -> None:
        now = self._clock.monotonic()
        if not self.is_open and now >= self._rests_until:
            self._reopen()
        elif self.is_open and self._is_overdue(STUCK):
            is_again = now - self._rests_until < self._rest_s
            self._rest_s = min(2 * self._rest_s, MOST_REST_S) if is_again else REST_S
            self._rests_until = now + self._rest_s
            self._close(StoreUnavailableError("the store takes a canary, and not what we write"))

    def _close(self, error: StoreUnavailableError) -> None:
        self._patience.lost(error)
        if self.is_open:
            log.warning("store away: readings are judged and held by the gateways", extra={"error": str(error)})
            self.is_open, self._turned_at = False, self._clock.monotonic()
            for write in self._under_way:
                write.cancel()

    def _reopen(self) -> None:
        self.is_open, self._turned_at = True, self._clock.monotonic()
        self._patience.regained()
