"""A boxed gateway's identity room, as the agent puts it together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from device_profiles.clock import Clock, SystemClock
from edge_agent.clockwatch import ClockWatch
from edge_agent.identity.joining import Box, Joiner
from edge_agent.identity.keeper import IdentityKeeper
from edge_agent.identity.papers import Identity
from edge_agent.identity.renewal import Renewer
from edge_agent.identity.store import IdentityStore


@dataclass
class Boxed:
    """Everything of the room over one data folder."""

    data_dir: Path
    clock: Clock = field(default_factory=SystemClock)
    serial: str = "SN-1"
    centre: str = ""

    def __post_init__(self) -> None:
        self.watch = ClockWatch(self.clock)
        self.store = IdentityStore(self.data_dir)
        self.joiner = Joiner(
            self.store, clock=self.watch, box=lambda: Box(self.serial, "thacba-edge 1"), centre=lambda: self.centre
        )
        self.renewer = Renewer(self.store, clock=self.watch)
        self.joined: list[Identity] = []
        self.keeper = IdentityKeeper(
            self.store, clock=self.watch, joiner=self.joiner, renewer=self.renewer, joined=self.joined.append
        )

    async def join(self, text: str, *, centre: str = "", anew: bool = False) -> Identity:
        """Queues and tries once."""
        return await self.joiner.attempt(self.joiner.queue(text, centre=centre, anew=anew))


@asynccontextmanager
async def kept(boxed: Boxed, keeper: IdentityKeeper | None = None) -> AsyncIterator[IdentityKeeper]:
    """The keeper of the box, or another one, at work."""
    chosen = keeper or boxed.keeper
    async with asyncio.TaskGroup() as group:
        work = group.create_task(chosen.run())
        try:
            yield chosen
        finally:
            work.cancel()
