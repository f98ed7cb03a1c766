"""Wires the parts of a running gateway together: in which order they start, change and stop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from msgspec.structs import replace

from device_profiles.clock import Clock
from device_profiles.load import FileFaultsError
from device_profiles.wire import RunningConfiguration, State
from edge_agent.birth import birth_of
from edge_agent.carrying import Carrier
from edge_agent.clockwatch import ClockWatch
from edge_agent.configuring.subject import Seen
from edge_agent.devices import Build, Devices
from edge_agent.flow import Flow
from edge_agent.neighbours import Neighbourhood
from edge_agent.outbox.base import Bounds, Compression
from edge_agent.outbox.opening import open_outbox
from edge_agent.outbox.owner import OutboxOwner
from edge_agent.planning import Plan
from edge_agent.uplink.commands import Commands, command_key
from edge_agent.uplink.health import HealthReport
from edge_agent.uplink.link import Link
from edge_agent.uplink.mqtt import Uplink
from edge_agent.vitals import Vitals

log = logging.getLogger(__name__)

SWEEP_PERIOD_S = 60.0
LOOK_PERIOD_S = 1.0  # a step of the clock is seen as a step when somebody looks often enough
KEEP_WITHIN_S = 1.0  # what was accepted reaches the disk within this when the agent stops
DRAIN_WITHIN_S = 1.0  # and the centre, when there is a link; what does not make it stays on disk for the next start

Work = Callable[[], Coroutine[None, None, None]]


class Agent:
    """One gateway program over an open outbox. `run` ends after `stop`, with everything accepted on disk.

    `become` makes it another gateway while it runs: what stays the same is not touched, the outbox never.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        outbox: OutboxOwner,
        build: Build,
        clock: ClockWatch,
        running: Callable[[], RunningConfiguration | None] = lambda: None,
        configurations: Callable[[bytes], None] | None = None,
        neighbours: Neighbourhood | None = None,
    ) -> None:
        """`running` says which configuration this is; `configurations` takes what the centre sends.

        `neighbours` are those that connectors were told of.
        """
        self.plan = plan
        self.clock = clock
        self.outbox = outbox
        self._running = running
        self._configurations = configurations
        self._stop = asyncio.Event()
        self._becoming = asyncio.Lock()
        self.vitals = Vitals((), clock)
        heard = (neighbours or Neighbourhood()).told
        self.flow = Flow((), outbox=outbox, vitals=self.vitals, clock=clock, batch_s=self._batch_s, heard=heard)
        self.devices = Devices(build, flow=self.flow, vitals=self.vitals, clock=clock)
        self.carrier = Carrier(self._build_uplink)
        if neighbours is not None:
            neighbours.open(self.devices.writers, self.devices.profiles, lambda: self.carrier.standing.is_up)
        self.health = HealthReport(outbox=outbox, bounds=plan.bounds, vitals=self.vitals, watch=clock, running=running)
        self.commands = Commands(
            plan.config.gateway.id,
            key=command_key(plan.config.centre.command_key),
            writers=self.devices.writers,
            profiles=self.devices.profiles,
            outbox=outbox,
            clock=clock,
        )

    def stop(self) -> None:
        """Asks `run` to end."""
        self._stop.set()

    async def become(self, plan: Plan, *, bounds: Bounds | None = None) -> bool:
        """Goes by this plan from now on; True when the uplink is made anew. FileFaultsError before anything is touched.

        Over a new uplink every device reports once more, so that a receipt soon says whether it reaches the centre.
        """
        async with self._becoming:
            await self.devices.change(plan.devices, plan.config.listen)
            self.plan = plan
            await self.keep(bounds or plan.bounds)
            self.commands.become(plan.config.gateway.id, command_key(plan.config.centre.command_key))
            anew = self.introduce()
            if anew:
                self.flow.repeat()
            return anew

    def introduce(self) -> bool:
        """Tells the centre what this gateway is, over the link of its plan; True when that link is made anew."""
        birth = birth_of(self.plan, epoch=self.outbox.counters().epoch, running=self._running())
        return self.carrier.change(self.plan.link, self.plan.config.gateway.id, birth)

    def seen(self) -> Seen:
        """How it does, for whoever judges a configuration."""
        standing, waits = self.carrier.standing, self.outbox.counters().backlog_batches
        return Seen(standing.is_up, standing.receipts, not waits, self.vitals.answers())

    async def keep(self, bounds: Bounds) -> None:
        """The outbox keeps so much from now on."""
        self.health.bound(bounds)
        await self.outbox.bound(bounds)

    async def run(self, *others: Work) -> None:
        """Reads, keeps and carries until `stop`, the others beside it; then devices, disk, link go in this order."""
        async with asyncio.TaskGroup() as program:
            keeping = program.create_task(self.flow.run())
            carrying = program.create_task(self.carrier.run())
            first = (self.commands.run, self._sweep, self._mind_clock, self.devices.run)
            working = [program.create_task(work()) for work in first]
            await self._begin()
            working += [program.create_task(work()) for work in others]
            await self._stop.wait()
            for task in working:
                task.cancel()
            await asyncio.wait(working, timeout=KEEP_WITHIN_S)
            self.flow.stop()
            await asyncio.wait([keeping], timeout=KEEP_WITHIN_S)
            keeping.cancel()
            await self._date()
            await self.carrier.drain(within_s=DRAIN_WITHIN_S)
            self.carrier.stop()
            await carrying

    async def _begin(self) -> None:
        """Becomes what it was made as; a device that cannot be built leaves a gateway that can be asked and mended."""
        try:
            await self.become(self.plan)
        except FileFaultsError as error:
            log.critical("devices cannot be built, none is read", extra={"error": str(error)})

    def _briefly(self) -> RunningConfiguration | None:
        said = self._running()
        return replace(said, settings=None) if said is not None else None

    def _batch_s(self) -> float:
        return self.carrier.batch_s(self.plan.config.gateway.batch_s)

    async def _sweep(self) -> None:
        """Age is judged only while the clock can be believed: a clock that jumped a year must not empty the outbox."""
        while True:
            await self.clock.sleep(SWEEP_PERIOD_S)
            if self.clock.state() == "good" and not self.clock.jumped:
                await self.outbox.sweep()

    async def _mind_clock(self) -> None:
        """Sees when the clock is set, and gives what was read before that its times."""
        while True:
            await self.clock.sleep(LOOK_PERIOD_S)
            await self._date()

    async def _date(self) -> None:
        began_ms = self.clock.began_ms
        if began_ms is not None and self.outbox.counters().undated_batches:
            await self.outbox.date(boot=self.clock.boot, offset_ms=began_ms)

    def _build_uplink(self, link: Link, gateway: str, birth: State) -> Uplink:
        return Uplink(
            link,
            birth=birth,
            gateway=gateway,
            outbox=self.outbox,
            commands=self.commands,
            health=lambda reconnects: self.health.document(reconnects=reconnects),
            clock=self.clock,
            configurations=self._configurations,
        )


@contextmanager
def opened(
    data_dir: Path,
    clock: Clock,
    *,
    bounds: Bounds | None = None,
    compression: Compression = "zstd",
    gateway: str = "",
    boot: str = "",
) -> Iterator[tuple[OutboxOwner, ClockWatch]]:
    """The gateway's outbox with its thread, and its own time, which never goes behind what the outbox knows."""
    with ExitStack() as stack:
        outbox = stack.enter_context(
            open_outbox(data_dir, now=clock.now_ms(), bounds=bounds, compression=compression, gateway=gateway)
        )
        watch = ClockWatch(clock, floor_ms=outbox.counters().latest_at, boot=boot)
        owner = OutboxOwner(outbox, watch)
        stack.callback(owner.end)
        yield owner, watch
