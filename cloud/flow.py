"""The order of the stages: inbox, intake, store, judge, one commit, receipts; each window after the one before it.

```
 inbox --> collect --(1 window)--> write (2 at once) ----> settle --> receipts, fleet, live feed
             intake                  store, dead letters    judge + ledger + commit (Recorder), in order
```
While the store works on one window, the next is encoded and another collected; when the store is away, all hands are
full, the inbox fills up to its bound, and the gateways keep the rest, because receipts follow the commit.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import NoReturn, Protocol

from cloud.births import Births
from cloud.config import FlowConfig
from cloud.errors import StoreUnavailableError
from cloud.ingest.admission import Admission
from cloud.ingest.drain_slots import DrainSlots
from cloud.ingest.graveyard import Graveyard
from cloud.ingest.inbox import Arrival, Inbox
from cloud.ingest.intake import Admitted, Heard, Intake, Rejected, Withheld
from cloud.ingest.ledger import Settlement
from cloud.ingest.patience import Patience
from cloud.ingest.subscriber import Link, Qos
from cloud.ingest.window import Window, bury_rejections
from cloud.inventory.fleet import Fleet, answering
from cloud.metrics import Metric, Metrics
from cloud.recorder import Recorder, Settled
from cloud.store.base import Columns, PlacedEvent, ReadingStore, Rejection, RejectRow, StateStore
from device_profiles.clock import Clock
from device_profiles.wire import (
    Channel,
    Health,
    Result,
    State,
    WireError,
    encode,
    parse_topic,
    topic_for,
)

log = logging.getLogger(__name__)

REJECTS_LOGGED = 20  # per window: a flood of rubbish is counted in full, and kept in part
DETAIL_KEPT = 200  # characters
CANARY_S = 120.0  # a store that forgets what it took is noticed within 5 minutes
RECEIPT_QOS: Qos = (
    0  # a receipt that gets lost costs one re-sent batch; an acknowledged one costs every batch a fifth more
)
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
    state: StateStore
    graveyard: Graveyard
    recorder: Recorder
    fleet: Fleet
    watchers: Watchers
    births: Births
    clock: Clock
    metrics: Metrics


class Flow:
    """Runs the stages until cancelled."""

    def __init__(self, parts: Parts, config: FlowConfig) -> None:
        self._parts = parts
        self._config = config
        self._to_write: asyncio.Queue[Window] = asyncio.Queue(maxsize=1)
        self._to_settle: asyncio.Queue[tuple[Window, asyncio.Event]] = asyncio.Queue(maxsize=1)
        self._burial = asyncio.Lock()  # one hand at a time writes into the files of dead letters
        clock, metrics = parts.clock, parts.metrics
        self._canary = ""
        probe_s = config.probe_s
        self._store = Patience("readings", clock, metrics, counter=Metric.STORE_RETRIES, probe_s=probe_s)
        self._state = Patience("state", clock, metrics, counter=Metric.COMMIT_RETRIES, probe_s=probe_s)

    def store_fault(self) -> str:
        """Empty when the store of readings takes what we write, else why not."""
        return self._store.outage.fault or self._canary

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
            await self._store.until_taken(parts.store.open)
            group.create_task(self._write())
            group.create_task(self._settle())
            group.create_task(self._judge_silence())
            group.create_task(self._watch_store())
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
            self._give_receipts(settled.settlements)
            self._note(window, settled)
            await self._keep_rejects(window.rejected)

    async def _judge_silence(self) -> NoReturn:
        while True:
            await self._parts.clock.sleep(self._config.tick_s)
            if self._is_listening():
                try:
                    await self._parts.recorder.tick()
                except StoreUnavailableError as error:
                    log.warning("silence not judged", extra={"error": str(error)})

    async def _watch_store(self) -> NoReturn:
        """Asks for a canary point now and then: a store that says yes and keeps nothing must not go unnoticed."""
        while True:
            await self._parts.clock.sleep(CANARY_S)
            if self._store.outage.fault:
                continue
            try:
                await self._parts.store.check()
            except StoreUnavailableError as error:
                if not self._canary:
                    log.warning("canary lost", extra={"error": str(error)})
                self._canary = str(error)
            else:
                self._canary = ""

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
        columns, events, letters = window.columns(), window.events(), window.letters()
        if columns or events:
            rejections = await self._store.until_taken(partial(self._store_readings, columns, events))
            bury_rejections(window, rejections)
            letters = window.letters()
        if letters:
            bury = partial(self._parts.graveyard.bury, letters, at=self._parts.clock.now_ms())
            async with self._burial:
                await self._store.until_taken(partial(asyncio.to_thread, bury))
        written.set()

    async def _store_readings(self, columns: Sequence[Columns], events: Sequence[PlacedEvent]) -> Sequence[Rejection]:
        """Writes; a store that refused us is opened again first, in case somebody emptied or mended it."""
        if self._store.outage.refused:
            await self._parts.store.open()
        return await self._parts.store.write(columns, events)

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

    def _give_receipts(self, settlements: Sequence[Settlement]) -> None:
        by_account: dict[tuple[str, str], list[Settlement]] = {}
        now = self._parts.clock.monotonic()
        for each in settlements:
            by_account.setdefault(each.key, []).append(each)
        for key, mine in by_account.items():
            receipt = self._parts.recorder.ledger.receipt(key, mine)
            receipt = self._parts.slots.asked(receipt, key[0], [each.channel for each in mine], now)
            self._parts.link.send(topic_for(key[0], Channel.RECEIPT), encode(receipt), qos=RECEIPT_QOS)
            self._parts.metrics.add(Metric.RECEIPTS)

    def _note(self, window: Window, settled: Settled) -> None:
        metrics = self._parts.metrics
        metrics.add(Metric.WINDOWS)
        metrics.add(Metric.REJECTED, len(window.rejected))
        metrics.add(Metric.DUPLICATES, len(settled.settlements) - len(settled.new))
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
        now, outage = self._parts.clock.monotonic(), self._store.outage
        is_store_good = not outage.fault and (not outage.back_at or now - outage.back_at > LISTENING_S)
        return is_store_good and self._parts.link.connected_for_s() > LISTENING_S


def _refused_topic(arrival: Arrival, error: WireError) -> Rejected:
    return Rejected("", "", error.reason, error.detail, arrival.payload[:64], arrival.received_at)
