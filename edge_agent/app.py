"""Wires the gateway program together: who exists, in which order they start, and in which they stop."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from device_profiles.clock import Clock, SystemClock
from device_profiles.load import Catalogue
from device_profiles.wire import BirthDevice, State
from edge_agent.boot import boot_id
from edge_agent.clockwatch import ClockWatch
from edge_agent.config import GatewayConfig
from edge_agent.flow import Flow
from edge_agent.outbox.base import Bounds
from edge_agent.outbox.opening import open_outbox
from edge_agent.outbox.owner import OutboxOwner
from edge_agent.racing import first_error
from edge_agent.registry import PUSHED, Connectors, Device, build_connectors, resolve
from edge_agent.supervisor import PollLoop, keep_going
from edge_agent.uplink.commands import Commands, command_key
from edge_agent.uplink.health import HealthReport
from edge_agent.uplink.link import Link
from edge_agent.uplink.mqtt import Uplink
from edge_agent.vitals import Vitals
from edge_agent.watchdog import watched

log = logging.getLogger(__name__)

SWEEP_PERIOD_S = 60.0
LOOK_PERIOD_S = 1.0  # a step of the clock is seen as a step when somebody looks often enough
KEEP_WITHIN_S = 1.0  # what was accepted reaches the disk within this when the agent stops
DRAIN_WITHIN_S = 1.0  # and the centre, when there is a link; what does not make it stays on disk for the next start


@dataclass(frozen=True, slots=True)
class Plan:
    """A configuration that was found good: nothing in it can fail for a reason that a person must mend."""

    config: GatewayConfig
    devices: tuple[Device, ...]
    link: Link
    version: str

    @property
    def bounds(self) -> Bounds:
        """How much the outbox keeps."""
        return Bounds(self.config.outbox.max_bytes, self.config.outbox.max_days)


def plan_for(config: GatewayConfig, catalogue: Catalogue, *, file: str) -> Plan:
    """Checks everything that a configuration names, without touching the network; FileFaultsError otherwise."""
    devices = resolve(config, catalogue, file=file)
    command_key(config.centre.command_key)
    broker = config.broker
    host, port = broker.address
    password = broker.password()
    link = Link(
        host=host,
        port=port,
        encrypted=broker.encrypted,
        authorities=broker.authorities(),
        username=broker.username,
        password=password.get_secret_value() if password else None,
        keep_alive_s=broker.keep_alive_s,
        receipt_timeout_s=broker.receipt_timeout_s,
        health_period_s=config.gateway.health_period_s,
        bytes_per_day=broker.bytes_per_day,
    )
    fingerprint = hashlib.sha256(config.model_dump_json().encode()).hexdigest()[:12]
    return Plan(config, devices, link, fingerprint)


class Agent:
    """One gateway program over an open outbox. `run` ends after `stop`, with everything accepted on disk."""

    def __init__(self, plan: Plan, *, outbox: OutboxOwner, connectors: Connectors, clock: ClockWatch) -> None:
        self._plan = plan
        self._outbox = outbox
        self._connectors = connectors
        self._clock = clock
        self._stop = asyncio.Event()
        self._vitals = Vitals([device.id for device in plan.devices], clock)
        self._flow = Flow(plan.devices, outbox=outbox, vitals=self._vitals, clock=clock, batch_s=self._batch_s)
        self._commands = Commands(
            plan.config.gateway.id,
            key=command_key(plan.config.centre.command_key),
            writers=connectors.writers,
            profiles={device.id: device.profile for device in plan.devices},
            outbox=outbox,
            clock=clock,
        )
        self._uplink = self._build_uplink()

    def stop(self) -> None:
        """Asks `run` to end."""
        self._stop.set()

    async def run(self) -> None:
        """Reads, keeps and carries until `stop`: then the devices go first, the disk second, the link last."""
        async with asyncio.TaskGroup() as program:
            keeping = program.create_task(self._flow.run())
            carrying = program.create_task(self._uplink.run())
            working = [
                program.create_task(work)
                for work in (self._commands.run(), self._sweep(), self._mind_clock(), self._read_devices())
            ]
            await self._stop.wait()
            for task in working:
                task.cancel()
            await asyncio.wait(working, timeout=KEEP_WITHIN_S)
            self._flow.stop()
            await asyncio.wait([keeping], timeout=KEEP_WITHIN_S)
            keeping.cancel()
            await self._date()
            await self._uplink.drain(within_s=DRAIN_WITHIN_S)
            self._uplink.stop()
            await carrying

    async def _read_devices(self) -> None:
        async with asyncio.TaskGroup() as group:
            for device in self._plan.devices:
                if device.id in self._connectors.pollers:
                    group.create_task(self._poll_loop(device).run())
            for name, listener in self._connectors.listeners.items():
                group.create_task(
                    keep_going(
                        name,
                        lambda listener=listener: listener.listen(self._flow.deliver),  # type: ignore[misc]
                        lost=lambda fault, name=name: self._note_lost(name, fault),  # type: ignore[misc]
                        clock=self._clock,
                    )
                )

    def _poll_loop(self, device: Device) -> PollLoop:
        poller = self._connectors.pollers[device.id]
        return PollLoop(device, poller, offer=self._flow.offer, vitals=self._vitals, clock=self._clock)

    def _note_lost(self, name: str, fault: str) -> None:
        """A lost listener concerns its device; the push endpoint concerns every device that pushes."""
        for device in self._plan.devices:
            if device.id == name or (name == "push" and device.connection.kind == PUSHED):
                self._vitals.note(device.id, fault)

    def _batch_s(self) -> float:
        return self._uplink.batch_s(self._plan.config.gateway.batch_s)

    async def _sweep(self) -> None:
        """Age is judged only while the clock can be believed: a clock that jumped a year must not empty the outbox."""
        while True:
            await self._clock.sleep(SWEEP_PERIOD_S)
            if self._clock.state() == "good" and not self._clock.jumped:
                await self._outbox.sweep()

    async def _mind_clock(self) -> None:
        """Sees when the clock is set, and gives what was read before that its times."""
        while True:
            await self._clock.sleep(LOOK_PERIOD_S)
            await self._date()

    async def _date(self) -> None:
        began_ms = self._clock.began_ms
        if began_ms is not None and self._outbox.counters().undated_batches:
            await self._outbox.date(boot=self._clock.boot, offset_ms=began_ms)

    def _build_uplink(self) -> Uplink:
        health = HealthReport(outbox=self._outbox, bounds=self._plan.bounds, vitals=self._vitals, watch=self._clock)
        return Uplink(
            self._plan.link,
            birth=_birth(self._plan, self._outbox.counters().epoch),
            gateway=self._plan.config.gateway.id,
            outbox=self._outbox,
            commands=self._commands,
            health=lambda reconnects: health.document(reconnects=reconnects),
            clock=self._clock,
        )


@contextmanager
def opened(plan: Plan, clock: Clock, *, boot: str = "") -> Iterator[tuple[OutboxOwner, ClockWatch]]:
    """The gateway's outbox with its thread, and its own time, which never goes behind what the outbox knows."""
    with ExitStack() as stack:
        outbox = stack.enter_context(
            open_outbox(
                plan.config.gateway.data_dir,
                now=clock.now_ms(),
                bounds=plan.bounds,
                compression=plan.config.broker.compression,
            )
        )
        watch = ClockWatch(clock, floor_ms=outbox.counters().latest_at, boot=boot)
        owner = OutboxOwner(outbox, watch)
        stack.callback(owner.end)
        yield owner, watch


async def run_agent(plan: Plan, *, signals: Sequence[int] = ()) -> None:
    """Runs the gateway program until one of these signals; the first error that ends it comes out as itself."""
    with opened(plan, SystemClock(), boot=boot_id()) as (outbox, clock):
        data_dir: Path = plan.config.gateway.data_dir
        connectors = build_connectors(plan.devices, listen=plan.config.listen, data_dir=data_dir, clock=clock)
        agent = Agent(plan, outbox=outbox, connectors=connectors, clock=clock)
        for number in signals:
            asyncio.get_running_loop().add_signal_handler(number, agent.stop)
        log.info("agent begins", extra={"gateway": plan.config.gateway.id, "devices": len(plan.devices)})
        try:
            with watched(within_s=plan.config.gateway.watchdog_s):  # not while a large outbox is opened
                await agent.run()
        except BaseExceptionGroup as errors:
            raise first_error(errors) from errors
        log.info("agent ends", extra={"backlog": outbox.counters().backlog_readings})


def _birth(plan: Plan, epoch: str) -> State:
    return State(
        v=1,
        state="online",
        since=0,
        epoch=epoch,
        agent=f"thacba-edge {agent_version()}",
        configuration=plan.version,
        devices=[
            BirthDevice(
                device=device.id,
                profile=device.profile.profile,
                hash=device.hash,
                name_vi=device.name.vi,
                name_en=device.name.en,
            )
            for device in plan.devices
        ],
    )


def agent_version() -> str:
    """The version of the distribution; `0` when it runs from a bare folder."""
    try:
        return version("thacba")
    except PackageNotFoundError:
        return "0"
