"""Rain gauges that push until they hear 202, as a careful device does; what they heard is the promise that we test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx

from device_profiles.clock import SystemClock
from tests.faults.tools.verifier import SentSet
from tests.servers import HOST

PROFILE, POINT = "rain_gauge_tipping", "rain_mm"  # every amount counts, also one that equals the last
KEY = "fault-range"
DOCUMENTS = 5  # in one push
AGAIN_S = 0.02


@dataclass
class Gauges:
    """Some gauges at work on one push endpoint. `calm` is set while they shall be silent."""

    port: int
    names: tuple[str, ...]
    pause_s: float = 0.0
    sent: SentSet = field(default_factory=lambda: SentSet(POINT))
    answers: int = 0
    refusals: int = 0
    unanswered: int = 0
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    working: asyncio.Event = field(default_factory=asyncio.Event)
    resting: int = 0

    async def rest(self) -> None:
        """Ends pushing; returns when every push that was begun is acknowledged."""
        self.working.clear()
        while self.resting < len(self.names):
            self.heard.clear()
            await self.heard.wait()

    async def answered(self) -> None:
        """Until the gateway acknowledges the next push."""
        self.heard.clear()
        await self.heard.wait()

    async def run(self, name: str) -> None:
        """One gauge, for ever."""
        newest = SystemClock().now_ms() - 3_600_000
        async with httpx.AsyncClient(timeout=10, trust_env=False) as client:
            while True:
                if not self.working.is_set():
                    self.resting += 1
                    self.heard.set()
                    await self.working.wait()
                    self.resting -= 1
                times = range(newest + 1, newest + 1 + DOCUMENTS)
                newest = times[-1]
                await self._push(client, name, times)
                await asyncio.sleep(self.pause_s)

    async def _push(self, client: httpx.AsyncClient, name: str, times: range) -> None:
        """The same documents again and again until somebody says 202."""
        documents = [{"id": f"{name}-{at}", "observed_at": at, POINT: at % 400 / 10} for at in times]
        self.sent.values.update({(name, at): at % 400 / 10 for at in times})
        headers = {"Authorization": f"Bearer {KEY}"}
        while True:
            try:
                url = f"http://{HOST}:{self.port}/push/{name}"
                answer = await client.post(url, json=documents, headers=headers)
            except httpx.HTTPError:
                self.unanswered += 1
                await asyncio.sleep(AGAIN_S)  # a device's own patience
                continue
            if answer.status_code == httpx.codes.ACCEPTED:
                break
            self.refusals += 1
            await asyncio.sleep(AGAIN_S)
        self.answers += 1
        self.sent.acknowledged.update((name, at) for at in times)
        self.heard.set()


@asynccontextmanager
async def gauges_at(port: int, *, number: int = 3, pause_s: float = 0.0) -> AsyncIterator[Gauges]:
    """Gauges that push as fast as they are answered."""
    made = Gauges(port, tuple(f"gauge-{each}" for each in range(1, number + 1)), pause_s)
    made.working.set()
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(made.run(name)) for name in made.names]
        try:
            yield made
        finally:
            for task in tasks:
                task.cancel()
