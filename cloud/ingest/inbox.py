"""What has arrived and is not yet looked at: bounded; what does not fit is let go, because no receipt is given."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass

from cloud.metrics import Metric, Metrics
from device_profiles.clock import Clock


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message as the broker handed it over."""

    topic: str
    payload: bytes
    received_at: int


class Inbox:
    """A queue between the broker's link and the flow. Belongs to one event loop; putting never waits.

    Policy: when it is full, the newest message is let go and counted. The gateway still has it and sends it again.
    """

    def __init__(self, clock: Clock, metrics: Metrics, *, most_messages: int, most_bytes: int) -> None:
        self._clock = clock
        self._metrics = metrics
        self._most_messages = most_messages
        self._most_bytes = most_bytes
        self._arrivals: deque[Arrival] = deque()
        self._bytes = 0
        self._filled = asyncio.Event()

    def __len__(self) -> int:
        return len(self._arrivals)

    def put(self, topic: str, payload: bytes) -> None:
        """Takes a message in, or lets it go."""
        self._metrics.add(Metric.MESSAGES)
        if len(self._arrivals) >= self._most_messages or self._bytes + len(payload) > self._most_bytes:
            self._metrics.add(Metric.LET_GO)
            return
        self._arrivals.append(Arrival(topic, payload, self._clock.now_ms()))
        self._bytes += len(payload)
        self._filled.set()

    async def filled(self, most: int, *, linger_s: float) -> None:
        """Waits for a message, then a moment for company unless `most` are there."""
        await self._filled.wait()
        if len(self._arrivals) < most and linger_s > 0:
            await self._clock.sleep(linger_s)

    def pop(self) -> Arrival:
        """The oldest message; IndexError when there is none."""
        arrival = self._arrivals.popleft()
        self._bytes -= len(arrival.payload)
        if not self._arrivals:
            self._filled.clear()
        return arrival
