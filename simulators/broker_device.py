"""A device that is not there and speaks through a broker: publishes each period, and does what it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import urlsplit

import aiomqtt

from device_profiles.clock import Clock, SystemClock
from simulators.device import Elapsed, Signal, stopwatch
from simulators.encoding import Value
from simulators.faults import FaultKind, Faults
from simulators.published import Said

AGAIN_S = 1.0
CANCEL_AGAIN_S = 0.5


class Tongue(Protocol):
    """How a device says its values, and what it makes of an order."""

    @property
    def hears(self) -> Sequence[str]:
        """Topics on which it is given orders."""

    def say(self, values: Mapping[str, Value], *, at_ms: int) -> Sequence[Said]:
        """What it publishes of these values."""

    def obey(self, topic: str, payload: bytes) -> tuple[Mapping[str, Value], Sequence[Said]]:
        """What an order changes, and what is said of it; nothing of either when it is none."""


class BrokerDevice:
    """`published` counts what it said; `set_to` is what it was told, and what it then shows."""

    def __init__(
        self,
        tongue: Tongue,
        signal: Signal,
        *,
        url: str,
        period_s: float,
        elapsed: Elapsed | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.faults = Faults()
        self.published = 0
        self.set_to: dict[str, Value] = {}
        self._tongue = tongue
        self._signal = signal
        self._url = url
        self._period_s = period_s
        self._elapsed = elapsed or stopwatch()
        self._clock: Clock = clock or SystemClock()
        self._group = asyncio.TaskGroup()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        self._task = self._group.create_task(self._live())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while self._task is not None and not self._task.done():
            self._task.cancel()  # again: their client may swallow one
            await asyncio.wait([self._task], timeout=CANCEL_AGAIN_S)
        await self._group.__aexit__(kind, error, trace)

    async def _live(self) -> None:
        """Connects again whenever the broker was lost, as such devices do."""
        parts = urlsplit(self._url)
        while True:
            try:
                async with aiomqtt.Client(parts.hostname or "127.0.0.1", parts.port or 1883) as client:
                    for topic in self._tongue.hears:
                        await client.subscribe(topic)
                    async with asyncio.TaskGroup() as group:
                        group.create_task(self._report(client))
                        group.create_task(self._obey(client))
            except (aiomqtt.MqttError, ExceptionGroup):
                await self._clock.sleep(AGAIN_S)

    async def _report(self, client: aiomqtt.Client) -> None:
        while True:
            await self._say(client)
            await self._clock.sleep(self._period_s)

    async def _obey(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            if FaultKind.SILENT in self.faults.active(self._elapsed()):
                continue
            changed, replies = self._tongue.obey(message.topic.value, bytes(message.payload))
            for each in replies:
                await client.publish(each.topic, each.payload, retain=each.retain)
            if changed:
                self.set_to.update(changed)
                await self._say(client)

    async def _say(self, client: aiomqtt.Client) -> None:
        elapsed_s = self._elapsed()
        active = self.faults.active(elapsed_s)
        if FaultKind.SILENT in active:
            return
        values = {**self.faults.distorted(self._signal(elapsed_s), elapsed_s), **self.set_to}
        for each in self._tongue.say(values, at_ms=self._clock.now_ms()):
            payload = b"{broken" if FaultKind.GARBAGE in active else each.payload
            await client.publish(each.topic, payload, qos=1, retain=each.retain)
            self.published += 1
