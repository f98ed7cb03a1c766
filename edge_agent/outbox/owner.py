"""Gives an outbox its one thread, so that the event loop never waits for a disk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from device_profiles.clock import Clock
from device_profiles.wire import Receipt
from edge_agent.outbox.base import Bounds, Counters, Load, Loss, Outbox, Parcel, Priority

T = TypeVar("T")


class OutboxOwner:
    """The outbox as coroutines. `news`: batches came or went; `settled`: receipts were worked in; `dated`: old numbers
    may travel only now.
    """

    def __init__(self, outbox: Outbox, clock: Clock) -> None:
        self._outbox = outbox
        self._clock = clock
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="outbox")
        self.news = asyncio.Event()
        self.settled = asyncio.Event()
        self.dated = asyncio.Event()

    async def append(self, loads: Sequence[Load], *, losses: Sequence[Loss] = ()) -> Sequence[int]:
        """Numbers and keeps all loads with one fsync, then tells the uplink."""
        now = self._clock.now_ms()
        sequences = await self._run(lambda: self._outbox.append(loads, now=now, losses=losses))
        self.news.set()
        return sequences

    async def peek(self, priority: Priority, *, after: int, before: int, limit: int) -> Sequence[Parcel]:
        """The first kept batches of a priority between two sequences."""
        return await self._run(lambda: self._outbox.peek(priority, after=after, before=before, limit=limit))

    async def fetch(self, sequences: Sequence[int]) -> Sequence[Parcel]:
        """Those of these batches that are still kept."""
        return await self._run(lambda: self._outbox.fetch(sequences))

    async def date(self, *, boot: str, offset_ms: int) -> None:
        """Gives every undated batch its times, or gives it up when its boot never knew them."""
        now = self._clock.now_ms()
        while await self._run(lambda: self._outbox.date(boot=boot, offset_ms=offset_ms, now=now)):
            self.dated.set()
            self.news.set()

    async def settle(self, receipts: Sequence[Receipt]) -> int:
        """Forgets what the receipts name."""
        gone = await self._run(lambda: self._outbox.settle(receipts))
        self.news.set()
        self.settled.set()
        return gone

    async def sweep(self) -> int:
        """Drops what is too old, and sees that every drop is declared."""
        now = self._clock.now_ms()
        gone = await self._run(lambda: self._outbox.sweep(now=now))
        self.news.set()
        return gone

    async def bound(self, bounds: Bounds) -> None:
        """Keeps so much from now on."""
        await self._run(lambda: self._outbox.bound(bounds))

    async def note_spent(self, *, day: int, spent: int) -> None:
        """Writes down how many bytes were sent on this day."""
        await self._run(lambda: self._outbox.note_spent(day=day, spent=spent))

    async def remember(self, command: str, *, until: int) -> bool:
        """True when this command was never seen."""
        now = self._clock.now_ms()
        return await self._run(lambda: self._outbox.remember(command, until=until, now=now))

    def counters(self) -> Counters:
        """Where the outbox stands; plain numbers, so no thread is needed."""
        return self._outbox.counters()

    def end(self) -> None:
        """Waits for what is being written, then lets the thread go. The outbox itself belongs to who opened it."""
        self._thread.shutdown(wait=True)

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
