"""Reads every device once, at the same time, without outbox and broker: for the technician at the cabinet."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from device_profiles.clock import Clock
from edge_agent.connector import Listener, Observation, Poller, Sample
from edge_agent.device import Connectors, Device
from edge_agent.racing import first_of
from edge_agent.registry import PUSHED
from edge_agent.sampling.reading import Reading
from edge_agent.sampling.sieve import Sieve
from edge_agent.supervisor import attempt

LISTEN_S = 15.0  # a camera's stream needs a few seconds until its first whole picture
POLL_S = 30.0
WAITS_TO_BE_CALLED = "waits_for_push"


@dataclass(slots=True)
class Outcome:
    """What one device said, or its fault."""

    device: Device
    fault: str = ""
    readings: list[Reading] = field(default_factory=list)

    @property
    def answered(self) -> bool:
        """True when the device was heard, or when it is not its turn to be asked."""
        return self.fault in ("", WAITS_TO_BE_CALLED)


async def read_once(devices: Sequence[Device], connectors: Connectors, clock: Clock) -> list[Outcome]:
    """The outcome for each device, in the order of the configuration."""
    outcomes = [Outcome(device) for device in devices]
    async with asyncio.TaskGroup() as group:
        for outcome in outcomes:
            group.create_task(_read(outcome, connectors, clock))
    return outcomes


async def _read(outcome: Outcome, connectors: Connectors, clock: Clock) -> None:
    device = outcome.device
    heard: list[Observation] = []
    if device.id in connectors.pollers:
        outcome.fault = await attempt(device.id, lambda: _poll(connectors.pollers[device.id], heard))
    elif device.id in connectors.listeners:
        outcome.fault = await attempt(device.id, lambda: _listen(connectors.listeners[device.id], heard))
    else:
        outcome.fault = WAITS_TO_BE_CALLED if device.connection.kind == PUSHED else "missing"
    samples = [each for each in heard if isinstance(each, Sample)]
    sieve = Sieve(device.profile)
    sieve.sift(samples, now=clock.now_ms())
    outcome.readings = sieve.latest()


async def _poll(poller: Poller, heard: list[Observation]) -> None:
    try:
        async with asyncio.timeout(POLL_S):
            heard += await poller.poll()
    finally:
        await poller.close()


async def _listen(listener: Listener, heard: list[Observation]) -> None:
    first = asyncio.Event()

    async def note(observations: Sequence[Observation]) -> None:
        heard.extend(observations)
        first.set()

    async with asyncio.timeout(LISTEN_S):
        await first_of(listener.listen(note), first.wait())
