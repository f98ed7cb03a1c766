"""Fakes that stand at the door: clocks that the test owns."""

from __future__ import annotations

import asyncio
import heapq
from itertools import count

from device_profiles.clock import SystemClock

YAGI_MS = 1_725_926_400_000  # 2024-09-10 00:00 UTC, the night of the flood at Yên Bái


class ManualClock:
    """Time that stands still until the test advances it; sleepers wake in the order of their deadlines."""

    def __init__(self, now_ms: int = YAGI_MS) -> None:
        self._start_ms = now_ms
        self._seconds = 0.0
        self._order = count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now_ms(self) -> int:
        """Milliseconds since 1970 UTC."""
        return self._start_ms + round(self._seconds * 1000)

    def monotonic(self) -> float:
        """Seconds since the clock was made."""
        return self._seconds

    @property
    def sleepers(self) -> int:
        """How many wait for the time to pass."""
        return sum(1 for _, _, woken in self._sleepers if not woken.done())

    def set_wall(self, now_ms: int) -> None:
        """Somebody sets the clock: the wall time jumps, the monotonic count does not."""
        self._start_ms = now_ms - round(self._seconds * 1000)

    async def sleep(self, seconds: float) -> None:
        """Returns when the test has advanced the clock so far."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._seconds + seconds, next(self._order), woken))
        await woken

    async def advance(self, seconds: float) -> None:
        """Lets so much time pass; everybody whose sleep ends within it runs at his own moment, in order."""
        target = self._seconds + seconds
        await settle()
        while self._sleepers and self._sleepers[0][0] <= target:
            moment, _, woken = heapq.heappop(self._sleepers)
            self._seconds = max(self._seconds, moment)
            if not woken.done():
                woken.set_result(None)
                await settle()
        self._seconds = target
        await settle()


class WrongClock(SystemClock):
    """The machine's clock before somebody set it: its wall time begins in 1970."""

    def __init__(self) -> None:
        self.behind_ms = super().now_ms() - 3000

    def now_ms(self) -> int:
        return super().now_ms() - self.behind_ms


async def settle(turns: int = 20) -> None:
    """Gives every task that can run now the chance to do so."""
    for _ in range(turns):
        await asyncio.sleep(0)
