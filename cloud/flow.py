"""The order of the stages: inbox, intake, store, judge, one commit, receipts; each window after the one before it.

```
 inbox --> collect --(1 window)--> write (2 at once) ----> settle --> receipts, fleet, live feed
             intake                  store, dead letters    judge + ledger + commit (Recorder), in order
```
While the store works on one window, the next is encoded and another collected. When the store is away, windows go past
it: the rules judge them, the commit names them held, the gateways keep them, and `recall` asks for them later. When
the state database is away, everything waits, and the gateways keep the rest, because receipts follow the commit.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NoReturn, Protocol

from cloud.births import Births
from cloud.config import FlowConfig
from cloud.errors import StoreUnavailableError
from cloud.ingest.admission import Admission
from cloud.ingest.drain_slots import DrainSlots
from cloud.ingest.gate import Gate
from cloud.ingest.graveyard import Graveyard
from cloud.ingest.inbox import Arrival, Inbox
from cloud.ingest.intake import Admitted, Heard, Intake, Rejected, Withheld
from cloud.ingest.patience import Patience
from cloud.ingest.recall import Recall
from cloud.ingest.subscriber import Link
from cloud.ingest.window import Window, bury_rejections
from cloud.inventory.fleet import Fleet, answering
from cloud.metrics import Metric, Metrics
from cloud.receipts import Receipts
from cloud.recorder import Recorder, Settled
from cloud.rules.platform import Report, Trouble
from cloud.store.base import ReadingStore, RejectRow, StateStore
from device_profiles.clock import Clock
from device_profiles.wire import (
    Channel,
    Health,
    Result,
    State,
    WireError,
    parse_topic,
)

log = logging.getLogger(__name__)

REJECTS_LOGGED = 20  # per window: a flood of rubbish is counted in full, and kept in part
DETAIL_KEPT = 200  # characters
RECALL_S = 0.25  # how often held batches are asked for, once the store is back
LISTENING_S = 5.0  # silence is judged only when we have listened for so long


class Watchers(Protocol):
    """Who wants to know what came in: the live feed, and commands waiting for their result."""

    def gateway_changed(self, gateway: str) -> None:
        """A gateway said something of itself."""

    def readings_came(self, settled: Settled) -> None:
        """Readings were committed."""

    def result_came(self, result: Result) -> None:
        """A gateway says how a command ended."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the flow works with."""

    admission: Admission
    intake: Intake
    slots: DrainSlots
    link: Link
    inbox: Inbox
    store: ReadingStore
    gate: Gate
    state: StateStore
    graveyard: Graveyard
    recorder: Recorder
    fleet: Fleet
    watchers: Watchers
    births: Births
    clock: Clock
    metrics: Metrics
    channels: Callable[[], Report] = Report  # what is wrong with the channels of notices


class Flow:
    """Runs the stages until cancelled."""

    def __init__(self, parts: Parts, config: FlowConfig) -> None:
        self._parts = parts
        self._config = config
        self._to_write: asyncio.Queue[Window] = asyncio.Queue(maxsize=1)
        self._to_settle: asyncio.Queue[tuple[Window, asyncio.Event]] = asyncio.Queue(maxsize=1)
        self._burial = asyncio.Lock()  # one hand at a time writes into the files of dead letters
        clock, metrics = parts.clock, parts.metrics
        probe_s = config.probe_s
        self._receipts = Receipts(parts.recorder.ledger, parts.link, parts.slots, metrics)
        self._recall = Recall(config.recall_batches)
        self._letters = Patience("dead letters", clock, metrics, counter=Metric.STORE_RETRIES, probe_s=probe_s)
        self._state = Patience("state", clock, metrics, counter=Metric.COMMIT_RETRIES, probe_s=probe_s)

    def store_fault(self) -> str:
        """Empty when the store of readings takes what we write, else why not."""
        return self._parts.gate.fault() or self._letters.outage.fault

    def state_fault(self) -> str:
        """Empty when the state database takes what we commit, else why not."""
        return self._state.outage.fault or self._parts.recorder.fault()

    async def run(self) -> None:
        """Everything, until cancelled. The fleet is heard at once, also while a store is still away."""
        parts = self._parts
        async with asyncio.TaskGroup() as group:
            group.create_task(parts.link.run(parts.inbox))
            await self._state.until_taken(parts.recorder.open)
            group.create_task(self._collect())
            await parts.gate.open()
            group.create_task(parts.gate.run())
            group.create_task(self._write())
            group.create_task(self._settle())
            group.create_task(self._judge_silence())
            group.create_task(self._recall_held())
            group.create_task(parts.births.restore_values(parts.store))

    # --- stages -----------------------------------------------------------------------------------------------------

    async def _collect(self) -> NoReturn:
        inbox, config = self._parts.inbox, self._config
        while True:
            await inbox.filled(config.window_messages, linger_s=config.linger_s)
            window = Window()
            for _ in range(min(config.window_messages, len(inbox))):
                self._sort(inbox.pop(), window)
                if window.readings >= config.window_readings:
                    break
            if window:
                await self._to_write.put(window)

    async def _write(self) -> NoReturn:
        async with asyncio.TaskGroup() as writers:
            while True:
                window, written = await self._to_write.get(), asyncio.Event()
                await self._to_settle.put((window, written))  # in order, however long each write takes
                writers.create_task(self._put_into_store(window, written))

    async def _settle(self) -> NoReturn:
        while True:
            window, written = await self._to_settle.get()
            await written.wait()
            settle = partial(self._parts.recorder.settle, window, received_at=window.newest())
            settled = await self._state.until_taken(settle)
            self._receipts.give(settled.settlements, now=self._parts.clock.monotonic())
            self._note(window, settled)
            await self._keep_rejects(window.rejected)

    async def _judge_silence(self) -> NoReturn:
        while True:
            await self._parts.clock.sleep(self._config.tick_s)
            try:
                await self._parts.recorder.platform(self._report())
                if self._is_listening():
                    await self._parts.recorder.tick(self._parts.fleet.gateways())
            except StoreUnavailableError as error:
                log.warning("silence not judged", extra={"error": str(error)})

    async def _recall_held(self) -> NoReturn:
        """Asks for what is held as long as the store takes it, a little at a time."""
        parts = self._parts
        while True:
            await parts.clock.sleep(RECALL_S)
            held = parts.recorder.ledger.held()
            if not held or not parts.gate.is_open:
                self._recall.forget()
                continue
            held = {key: ranges for key, ranges in held.items() if parts.fleet.is_reachable(key[0])}
            for key, ranges in self._recall.due(held, parts.clock.monotonic()):
                self._receipts.ask(key, ranges)

    # --- steps ------------------------------------------------------------------------------------------------------

    def _sort(self, arrival: Arrival, window: Window) -> None:
        try:
            address = parse_topic(arrival.topic)
        except WireError as error:
            window.rejected.append(_refused_topic(arrival, error))
            return
        if self._parts.admission.withholds(address, len(arrival.payload), received_at=arrival.received_at):
            return
        taken = self._parts.intake.take(address, arrival.payload, received_at=arrival.received_at)
        if isinstance(taken, Admitted):
            self._parts.admission.charge(taken.gateway, taken.size)
            if self._parts.recorder.ledger.has(taken.gateway, taken.epoch, taken.sequence):
                taken.forget_content()
            window.add(taken)
        elif isinstance(taken, Rejected):
            window.rejected.append(taken)
        elif isinstance(taken, Withheld):
            self._withhold(taken)
        else:
            self._hear(taken)

    async def _put_into_store(self, window: Window, written: asyncio.Event) -> None:
        columns, events = window.columns(), window.events()
        if columns or events:
            try:
                bury_rejections(window, await self._parts.gate.write(columns, events))
            except StoreUnavailableError:
                window.hold()
        letters = window.letters()
        if letters:
            bury = partial(self._parts.graveyard.bury, letters, at=self._parts.clock.now_ms())
            async with self._burial:
                await self._letters.until_taken(partial(asyncio.to_thread, bury))
        written.set()

    def _withhold(self, withheld: Withheld) -> None:
        if withheld.channel not in (Channel.STATE, Channel.HEALTH):
            self._parts.metrics.add(Metric.WITHHELD)
        self._parts.fleet.withheld(withheld.gateway, received_at=withheld.received_at)

    def _hear(self, heard: Heard) -> None:
        message, gateway, fleet = heard.message, heard.gateway, self._parts.fleet
        if isinstance(message, Result):
            self._parts.watchers.result_came(message)
            return
        if isinstance(message, State):
            fleet.born(gateway, message, site=heard.site, received_at=heard.received_at)
        else:
            self._hear_health(gateway, message, heard.received_at)
        self._parts.births.changed(gateway, at_once=isinstance(message, State))
        self._parts.watchers.gateway_changed(gateway)

    def _hear_health(self, gateway: str, health: Health, received_at: int) -> None:
        self._parts.fleet.healthy(gateway, health, received_at=received_at)
        self._parts.recorder.ledger.heard(
            gateway, health.epoch, next_sequence=health.next_sequence, accepted=health.accepted
        )
        settled = health.backlog_batches == 0
        for each in answering(health):
            device = self._parts.fleet.device(gateway, each.device)
            if device is not None:
                self._parts.recorder.heard(gateway, each.device, device.profile, each.read_at, settled=settled)

    def _note(self, window: Window, settled: Settled) -> None:
        metrics = self._parts.metrics
        metrics.add(Metric.WINDOWS)
        metrics.add(Metric.REJECTED, len(window.rejected))
        metrics.add(Metric.DUPLICATES, len(settled.settlements) - len(settled.new) - settled.held)
        metrics.add(Metric.HELD, settled.held)
        metrics.add(Metric.READINGS, sum(each.stored for each in settled.new))
        metrics.add(Metric.DEAD_LETTERS, sum(each.dead for each in settled.new))
        received_at = window.newest()
        for columns in settled.columns:
            self._parts.fleet.observed(columns, received_at=received_at)
        self._parts.watchers.readings_came(settled)

    async def _keep_rejects(self, rejected: Sequence[Rejected]) -> None:
        for each in rejected[:REJECTS_LOGGED]:
            detail, sample = each.detail[:DETAIL_KEPT], each.sample.hex()
            row = RejectRow(each.received_at, each.gateway, each.channel, each.reason, detail, sample)
            await self._state.until_taken(partial(asyncio.to_thread, self._parts.state.put_reject, row))

    def _is_listening(self) -> bool:
        """Silence means something only when nothing but the devices can be the cause of it."""
        return self._parts.gate.steady_for_s() > LISTENING_S and self._parts.link.connected_for_s() > LISTENING_S

    def _report(self) -> Report:
        """What people must be told of the store and of the channels."""
        gate, since, channels = self._parts.gate, self._parts.gate.away_since(), self._parts.channels()
        if not since or self._parts.clock.now_ms() - since < self._config.away_alarm_s * 1000:
            return channels
        store = Trouble("refused" if gate.is_refused() else "away", since)
        return Report((store, *channels.troubles), channels.unknown)


def _refused_topic(arrival: Arrival, error: WireError) -> Rejected:
    return Rejected("", "", error.reason, error.detail, arrival.payload[:64], arrival.received_at)
