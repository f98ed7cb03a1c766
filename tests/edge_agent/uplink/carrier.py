"""An uplink over an outbox in memory, for tests that need neither devices nor a disk."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from device_profiles.clock import SystemClock
from device_profiles.wire import Event, Health, State
from edge_agent.clockwatch import ClockWatch
from edge_agent.outbox.base import Load, Priority
from edge_agent.outbox.memory import memory_outbox
from edge_agent.outbox.owner import OutboxOwner
from edge_agent.uplink.commands import Commands
from edge_agent.uplink.link import Link
from edge_agent.uplink.mqtt import Uplink
from tests.waiting import eventually

GATEWAY = "gw-1"
EPOCH = "0" * 16


@dataclass
class Carrier:
    """The uplink and what it carries."""

    uplink: Uplink
    outbox: OutboxOwner
    work: asyncio.Task[None]

    async def event(self, number: int) -> None:
        """One small batch more to carry."""
        happened = Event(id=f"e{number}", device="kiosk", kind="rating", at=1_726_000_000_000 + number, facts={})
        await self.outbox.append([Load(Priority.EVENTS, happened.at, happened.at, events=(happened,))])


@asynccontextmanager
async def carrying(
    link: Link, *, gateway: str = GATEWAY, clock: ClockWatch | None = None, within_s: float = 5.0
) -> AsyncIterator[Carrier]:
    """The uplink at work, stopped at the end; TimeoutError when it does not end."""
    clock = clock or ClockWatch(SystemClock())
    outbox = OutboxOwner(memory_outbox(), clock)
    uplink = Uplink(
        link,
        birth=State(v=1, state="online", since=0, epoch=EPOCH, agent="test"),
        gateway=gateway,
        outbox=outbox,
        commands=Commands(gateway, key=None, writers={}, profiles={}, outbox=outbox, clock=clock),
        health=_health,
        clock=clock,
    )
    async with asyncio.TaskGroup() as group:
        work = group.create_task(uplink.run())
        try:
            yield Carrier(uplink, outbox, work)
            uplink.stop()
            _, late = await asyncio.wait([work], timeout=within_s)
            if late:
                raise TimeoutError(f"the uplink does not end: {work.get_stack(limit=1)}")
        finally:
            while not work.done():
                work.cancel()
                await asyncio.wait([work], timeout=0.1)
            outbox.end()


async def word_for(link: Link, caplog: pytest.LogCaptureFixture, *, clock: ClockWatch | None = None) -> str:
    """What the log says of this link."""
    with caplog.at_level(logging.WARNING):
        async with carrying(link, clock=clock):
            await eventually(lambda: "link down" in caplog.text, 10)
    return next(str(record.__dict__["fault"]) for record in caplog.records if record.message == "link down")


def _health(reconnects: int) -> Health:
    return Health(
        v=1,
        at=1_726_000_000_000,
        epoch=EPOCH,
        next_sequence=1,
        accepted=0,
        backlog_batches=0,
        backlog_readings=0,
        backlog_bytes=0,
        dropped_readings=0,
        reconnects=reconnects,
    )
