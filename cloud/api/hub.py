"""The live feed: the newest state of every thing that changed, numbered, so that a client can take up where it left.

The hub keeps states, not a history: a value that changes a hundred times a second costs one entry, and a slow client
gets the newest value instead of a queue. A client that comes back with its last number gets all that changed since.

    publish(kind, key, body) --> {(kind, key): (number, body)}, oldest change first --> subscribe(after=number)
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from device_profiles.clock import Clock

Kind = Literal["reading", "alarm", "gateway", "reset"]
Body = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """One change: `id` rises with every change, also over restarts. Kind `reset`: too much was missed, load anew."""

    id: int
    kind: Kind
    body: Body


class Hub:
    """Hands changes to whoever listens. Belongs to one event loop; publishing never waits.

    Bodies: `reading` {gateway, device, point, value, quality, freshness, observed_at, received_at} keyed
    gateway/device/point; `alarm` the row and `level_shown` as a mapping, keyed by its id; `gateway` {id, state, since,
    health_at, backlog_readings, hours_left, clock} keyed by its id.
    """

    def __init__(self, clock: Clock, *, keep: int = 50_000, gap_s: float = 0.25) -> None:
        self._clock = clock
        self._keep = keep
        self._gap_s = gap_s
        self._number = clock.now_ms() * 1000  # rises over restarts as long as fewer than 1,000 changes come per ms
        self._forgotten = self._number
        self._changes: OrderedDict[tuple[Kind, str], LiveEvent] = OrderedDict()
        self._wakers: set[asyncio.Event] = set()
        self._closed = False

    @property
    def number(self) -> int:
        """The number of the newest change: a page made now wants what comes after it."""
        return self._number

    @property
    def listeners(self) -> int:
        """How many clients listen now."""
        return len(self._wakers)

    def publish(self, kind: Kind, key: str, body: Body) -> None:
        """Makes this the newest state of the thing."""
        self._number += 1
        self._changes[kind, key] = LiveEvent(self._number, kind, body)
        self._changes.move_to_end((kind, key))
        if len(self._changes) > self._keep:
            _, oldest = self._changes.popitem(last=False)
            self._forgotten = oldest.id
        for waker in self._wakers:
            waker.set()

    async def subscribe(
        self, after: int | None = None, *, quiet_s: float = 15.0
    ) -> AsyncGenerator[Sequence[LiveEvent]]:
        """Changes after a number (None: from now on), oldest first; an empty one after `quiet_s` of silence."""
        waker = asyncio.Event()
        self._wakers.add(waker)
        seen = self._number if after is None else after
        try:
            while not self._closed:
                changes = self._since(seen)
                if changes:
                    seen = changes[-1].id
                yield changes
                await self._wait(waker, quiet_s)
        finally:
            self._wakers.discard(waker)

    def close(self) -> None:
        """Ends every subscription, so that the server can stop."""
        self._closed = True
        for waker in self._wakers:
            waker.set()

    async def _wait(self, waker: asyncio.Event, quiet_s: float) -> None:
        """Until something changed, but not sooner than the gap: a flood of changes becomes a few answers a second."""
        try:
            async with asyncio.timeout(quiet_s):
                await waker.wait()
        except TimeoutError:
            return
        if not self._closed:
            await self._clock.sleep(self._gap_s)
        waker.clear()

    def _since(self, number: int) -> list[LiveEvent]:
        if number < self._forgotten or number > self._number:
            return [LiveEvent(self._number, "reset", {})]
        changes: list[LiveEvent] = []
        for event in reversed(self._changes.values()):
            if event.id <= number:
                break
            changes.append(event)
        changes.reverse()
        return changes
