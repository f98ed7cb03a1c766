"""The order of the stages between the connectors and the outbox: sift, collect, keep."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from device_profiles.clock import Clock
from device_profiles.wire import Event
from edge_agent.batching import READINGS_PER_BATCH, to_loads
from edge_agent.clockwatch import ClockWatch
from edge_agent.connector import Happening, Observation, Sample
from edge_agent.outbox.base import Load, Loss, OutboxFullError
from edge_agent.outbox.owner import OutboxOwner
from edge_agent.outbox.packing import readings_per_device
from edge_agent.racing import first_of
from edge_agent.registry import Device
from edge_agent.sampling.happening import to_event
from edge_agent.sampling.sieve import Row, Sieve
from edge_agent.vitals import Vitals

log = logging.getLogger(__name__)

WAITING_READINGS = 20_000  # held in memory while the disk takes nothing; beyond it the oldest go, counted
URGENT_LINGER_S = 0.05  # somebody waits for the disk: gather what comes together, no more
KNOWN_EVENTS = 1000  # per gateway; a kiosk that repeats its last ratings at each poll repeats fewer


@dataclass(slots=True)
class _Pending:
    """What waits for the next append."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    readings: int = 0
    waiters: list[asyncio.Future[None]] = field(default_factory=list)


class Flow:
    """Owns what the devices said last and what is not on disk yet. Connectors offer and deliver, a task runs `run`."""

    def __init__(
        self, devices: Sequence[Device], *, outbox: OutboxOwner, vitals: Vitals, clock: Clock, batch_s: float = 1.0
    ) -> None:
        self._profiles = {device.id: device.profile for device in devices}
        self._sieves = {device.id: Sieve(device.profile) for device in devices}
        self._outbox = outbox
        self._vitals = vitals
        self._clock = clock
        self._watch = ClockWatch(clock, floor_ms=outbox.counters().latest_at)
        self._batch_s = batch_s
        self._pending = _Pending()
        self._losses: list[Loss] = []
        self._known_events: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._something = asyncio.Event()
        self._urgent = asyncio.Event()
        self._stopping = False
        self._full_since: float | None = None

    @property
    def watch(self) -> ClockWatch:
        """Whether our own clock can be believed."""
        return self._watch

    def offer(self, observations: Sequence[Observation]) -> None:
        """Takes what a poller read; it is on disk within the batch time."""
        now = self._clock.now_ms()
        samples: dict[str, list[Sample]] = {}
        for each in observations:
            if isinstance(each, Sample):
                samples.setdefault(each.device, []).append(each)
            else:
                self._take_event(each, now)
        for device, mine in samples.items():
            if device in self._sieves:
                self._take_rows(device, self._sieves[device].sift(mine, now=now))

    async def deliver(self, observations: Sequence[Observation]) -> None:
        """Takes what a listener heard; returns when it is on disk, so a full disk makes the listener wait.

        OutboxFullError when memory has its fill too: then it is declared lost.
        """
        self.offer(observations)
        for device in _heard(observations):
            self._vitals.note(device, "")
        if not self._something.is_set():
            return  # nothing in it was worth keeping
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pending.waiters.append(kept)
        self._urgent.set()
        await kept

    async def run(self) -> None:
        """Keeps what was collected, every batch time or at once when somebody waits; ends after `stop`."""
        while not (self._stopping and not self._something.is_set()):
            await self._something.wait()
            if not self._stopping:
                await self._linger()
            await self._keep()

    def stop(self) -> None:
        """Lets `run` end as soon as everything collected is on disk, or the disk refuses it."""
        self._stopping = True
        self._something.set()
        self._urgent.set()

    def _take_event(self, happening: Happening, now: int) -> None:
        event = to_event(happening, now=now)
        if (event.device, event.id) in self._known_events or event.device not in self._profiles:
            return
        self._known_events[event.device, event.id] = None
        if len(self._known_events) > KNOWN_EVENTS:
            self._known_events.popitem(last=False)
        self._pending.events.append(event)
        self._pending.readings += 1
        self._something.set()
        self._urgent.set()

    def _take_rows(self, device: str, rows: Sequence[Row]) -> None:
        if rows:
            self._pending.rows.setdefault(device, []).extend(rows)
            self._pending.readings += sum(len(row.readings) for row in rows)
            self._something.set()
        if self._pending.readings >= READINGS_PER_BATCH:
            self._urgent.set()

    async def _linger(self) -> None:
        if not self._urgent.is_set():
            await first_of(self._urgent.wait(), self._clock.sleep(self._batch_s))
        if self._urgent.is_set():
            await self._clock.sleep(min(URGENT_LINGER_S, self._batch_s))

    async def _keep(self) -> None:
        """One append of everything that is pending; when the disk is full it stays pending, within bounds."""
        taken, self._pending = self._pending, _Pending()
        self._something.clear()
        self._urgent.clear()
        loads = to_loads(taken.rows, taken.events, profiles=self._profiles, clock=self._watch.state())
        try:
            await self._outbox.append(loads, losses=self._losses)
        except OutboxFullError as error:
            await self._hold(taken, loads, error)
            return
        self._losses = []
        self._note_room()
        for waiter in taken.waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def _hold(self, taken: _Pending, loads: Sequence[Load], error: OutboxFullError) -> None:
        """Nothing was kept: it stays pending, and who delivered it waits, until memory has its fill too."""
        if self._full_since is None:
            self._full_since = self._clock.monotonic()
            log.error("disk full, readings held in memory", extra={"error": str(error)})
        if self._stopping:
            log.error("stopped with a full disk, readings lost", extra={"readings": taken.readings})
            return
        if taken.readings + self._pending.readings > WAITING_READINGS:
            self._losses = [*self._losses, *(_loss(load) for load in loads)]
            for waiter in taken.waiters:
                if not waiter.done():
                    waiter.set_exception(error)
        else:
            self._put_back(taken)
        await self._clock.sleep(self._batch_s)

    def _put_back(self, taken: _Pending) -> None:
        newer = self._pending
        self._pending = _Pending(
            taken.rows, taken.events + newer.events, taken.readings + newer.readings, taken.waiters + newer.waiters
        )
        for device, rows in newer.rows.items():
            self._pending.rows.setdefault(device, []).extend(rows)
        self._something.set()

    def _note_room(self) -> None:
        if self._full_since is not None:
            lasted = round(self._clock.monotonic() - self._full_since, 1)
            log.info("disk takes readings again", extra={"after_s": lasted})
            self._full_since = None


def _loss(load: Load) -> Loss:
    return Loss(readings_per_device(load), load.begin, load.end, "disk_full")


def _heard(observations: Sequence[Observation]) -> set[str]:
    """The devices that spoke; one whose connector only says that it is offline did not."""
    silent = {each.device for each in observations if isinstance(each, Sample) and _says_offline(each)}
    spoke = {each.device for each in observations if isinstance(each, Happening) or each.value is not None}
    return spoke - silent


def _says_offline(sample: Sample) -> bool:
    return sample.point == "online" and sample.value is False
