"""The order of the stages between the connectors and the outbox: sift, collect, keep."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from device_profiles.wire import Event
from edge_agent.batching import READINGS_PER_BATCH, to_loads
from edge_agent.clockwatch import ClockWatch
from edge_agent.connector import Happening, Observation, Sample
from edge_agent.device import Device
from edge_agent.outbox.base import Load, Loss, OutboxFullError
from edge_agent.outbox.owner import OutboxOwner
from edge_agent.outbox.packing import readings_per_device
from edge_agent.racing import first_of
from edge_agent.sampling.happening import to_event
from edge_agent.sampling.reading import Reading
from edge_agent.sampling.sieve import Row, Sieve
from edge_agent.vitals import Vitals

log = logging.getLogger(__name__)

WAITING_READINGS = 20_000  # held in memory while the disk takes nothing; beyond it the oldest go, counted
URGENT_LINGER_S = 0.05  # somebody waits for the disk: gather what comes together, no more
STAMPED_BY_US_MS = 60_000  # a camera's worker lags behind by seconds at most
KEEP_WITHIN_S = 5.0  # a device that changes waits so long for a full disk
KNOWN_EVENTS = 1000  # per gateway; a kiosk that repeats its last ratings at each poll repeats fewer


@dataclass(slots=True)
class _Heap:
    """Rows and events whose times mean the same."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def add(self, newer: _Heap) -> None:
        for device, rows in newer.rows.items():
            self.rows.setdefault(device, []).extend(rows)
        self.events += newer.events


@dataclass(slots=True)
class _Pending:
    """What waits for the next append; the times of what is undated count from the start of the boot."""

    dated: _Heap = field(default_factory=_Heap)
    undated: _Heap = field(default_factory=_Heap)
    readings: int = 0
    waiters: list[asyncio.Future[None]] = field(default_factory=list)


class Flow:
    """Owns what the devices said last and what is not on disk yet. Connectors offer and deliver, a task runs `run`."""

    def __init__(
        self,
        devices: Sequence[Device],
        *,
        outbox: OutboxOwner,
        vitals: Vitals,
        clock: ClockWatch,
        batch_s: Callable[[], float] = lambda: 1.0,
        heard: Callable[[str, Callable[[], Sequence[Reading]]], None] = lambda _device, _newest: None,
    ) -> None:
        """`batch_s` says for each batch how long to collect; `heard` is told of each device that was read."""
        self._profiles = {device.id: device.profile for device in devices}
        self._sieves = {device.id: Sieve(device.profile) for device in devices}
        self._outbox = outbox
        self._vitals = vitals
        self._clock = clock
        self._batch_s = batch_s
        self._heard = heard
        self._pending = _Pending()
        self._losses: list[Loss] = []
        self._known_events: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._something = asyncio.Event()
        self._urgent = asyncio.Event()
        self._stopping = False
        self._full_since: float | None = None

    def offer(self, observations: Sequence[Observation]) -> None:
        """Takes what a poller read; it is on disk within the batch time."""
        now, elapsed_ms = self._clock.now_ms(), round(self._clock.monotonic() * 1000)
        samples: dict[str, list[Sample]] = {}
        for each in self._timely(observations, now):
            if isinstance(each, Sample):
                samples.setdefault(each.device, []).append(each)
            else:
                self._take_event(each, now)
        for device, mine in samples.items():
            if device in self._sieves:
                self._take_rows(device, self._sieves[device].sift(mine, now=now, elapsed_ms=elapsed_ms))
                self._heard(device, self._sieves[device].newest)

    async def change(self, devices: Sequence[Device], *, fresh: Collection[str]) -> None:
        """These are the devices from now on; the others keep their memory. What is pending is kept under its old model.

        Their connectors rest meanwhile. While the disk is full, what the fresh ones had said is declared lost.
        """
        if any(name in fresh for name in (*self._pending.dated.rows, *self._pending.undated.rows)):
            await self._kept_soon()
            self._lose({device.id for device in devices if device.id in fresh})
        self._profiles |= {device.id: device.profile for device in devices}  # of removed ones, too: they may be pending
        then = {device.id: device for device in devices}
        stay = {name: sieve for name, sieve in self._sieves.items() if name in then and name not in fresh}
        self._sieves = stay | {name: Sieve(device.profile) for name, device in then.items() if name not in stay}

    def repeat(self) -> None:
        """Each device reports every point once more at its next reading, changed or not."""
        for sieve in self._sieves.values():
            sieve.repeat()

    def newest(self, device: str) -> Sequence[Reading]:
        """The last reading of each point of a device."""
        sieve = self._sieves.get(device)
        return sieve.newest() if sieve else ()

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

    async def _kept_soon(self) -> None:
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pending.waiters.append(kept)
        self._something.set()
        self._urgent.set()
        with suppress(TimeoutError, OutboxFullError):
            async with asyncio.timeout(KEEP_WITHIN_S):
                await kept

    def _lose(self, devices: Collection[str]) -> None:
        """What these devices said and the disk did not take cannot wait: their model changes."""
        for heap, boot in ((self._pending.dated, ""), (self._pending.undated, self._clock.boot)):
            rows = {name: heap.rows.pop(name) for name in devices if name in heap.rows}
            self._pending.readings -= sum(len(row.readings) for some in rows.values() for row in some)
            known_at = self._outbox.counters().latest_at
            self._losses += [_loss(load, known_at) for load in self._loads_of(_Heap(rows), boot=boot)]

    def _take_event(self, happening: Happening, now: int) -> None:
        event = to_event(happening, now=now)
        if (event.device, event.id) in self._known_events or event.device not in self._sieves:
            return
        self._known_events[event.device, event.id] = None
        if len(self._known_events) > KNOWN_EVENTS:
            self._known_events.popitem(last=False)
        self._heap_for(own=happening.observed_at is None).events.append(event)
        self._pending.readings += 1
        self._something.set()
        self._urgent.set()

    def _take_rows(self, device: str, rows: Sequence[Row]) -> None:
        for row in rows:
            self._heap_for(own=row.own).rows.setdefault(device, []).append(row)
            self._pending.readings += len(row.readings)
            self._something.set()
        if self._pending.readings >= READINGS_PER_BATCH:
            self._urgent.set()

    def _timely(self, observations: Sequence[Observation], now: int) -> Sequence[Observation]:
        """While nobody knows the time, a connector that stamps by our clock gives a count as well, and no time."""
        if self._clock.began_ms is not None:
            return observations
        ours = [
            each.observed_at is not None and abs(now - each.observed_at) < STAMPED_BY_US_MS for each in observations
        ]
        return [
            replace(each, observed_at=None) if mine else each for each, mine in zip(observations, ours, strict=True)
        ]

    def _heap_for(self, *, own: bool) -> _Heap:
        """While nobody knows the time, only what a device stamped itself has one."""
        return self._pending.undated if own and self._clock.began_ms is None else self._pending.dated

    async def _linger(self) -> None:
        if not self._urgent.is_set():
            await first_of(self._urgent.wait(), self._clock.sleep(self._batch_s()))
        if self._urgent.is_set():
            await self._clock.sleep(min(URGENT_LINGER_S, self._batch_s()))

    async def _keep(self) -> None:
        """One append of everything that is pending; when the disk is full it stays pending, within bounds."""
        taken, self._pending = self._pending, _Pending()
        self._something.clear()
        self._urgent.clear()
        loads = self._loads_of(taken.undated, boot=self._clock.boot) + self._loads_of(taken.dated)
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

    def _loads_of(self, heap: _Heap, *, boot: str = "") -> list[Load]:
        state = "doubtful" if boot else self._clock.state()
        return to_loads(heap.rows, heap.events, profiles=self._profiles, clock=state, boot=boot)

    async def _hold(self, taken: _Pending, loads: Sequence[Load], error: OutboxFullError) -> None:
        """Nothing was kept: it stays pending, and who delivered it waits, until memory has its fill too."""
        if self._full_since is None:
            self._full_since = self._clock.monotonic()
            log.error("disk full, readings held in memory", extra={"error": str(error)})
        if self._stopping:
            log.error("stopped with a full disk, readings lost", extra={"readings": taken.readings})
            return
        if taken.readings + self._pending.readings > WAITING_READINGS:
            known_at = self._outbox.counters().latest_at
            self._losses = [*self._losses, *(_loss(load, known_at) for load in loads)]
            for waiter in taken.waiters:
                if not waiter.done():
                    waiter.set_exception(error)
        else:
            self._put_back(taken)
        await self._clock.sleep(self._batch_s())

    def _put_back(self, taken: _Pending) -> None:
        newer, self._pending = self._pending, taken
        taken.dated.add(newer.dated)
        taken.undated.add(newer.undated)
        taken.readings += newer.readings
        taken.waiters += newer.waiters
        self._something.set()

    def _note_room(self) -> None:
        if self._full_since is not None:
            lasted = round(self._clock.monotonic() - self._full_since, 1)
            log.info("disk takes readings again", extra={"after_s": lasted})
            self._full_since = None


def _loss(load: Load, known_at: int) -> Loss:
    begin, end = (known_at, known_at) if load.boot else (load.begin, load.end)
    return Loss(readings_per_device(load), begin, end, "disk_full")


def _heard(observations: Sequence[Observation]) -> set[str]:
    """The devices that spoke; one whose connector only says that it is offline did not."""
    silent = {each.device for each in observations if isinstance(each, Sample) and _says_offline(each)}
    spoke = {each.device for each in observations if isinstance(each, Happening) or each.value is not None}
    return spoke - silent


def _says_offline(sample: Sample) -> bool:
    return sample.point == "online" and sample.value is False
