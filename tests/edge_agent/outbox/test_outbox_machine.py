"""Any order of appends, receipts, crashes and full disks keeps the balance: nothing accepted goes unexplained."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from device_profiles.wire import Batch, Receipt, decode, decode_batch, size_of
from edge_agent.outbox.base import Bounds, Loss, Priority
from edge_agent.outbox.memory import MemoryShelf
from edge_agent.outbox.shelf import Shelf
from edge_agent.outbox.shelving import ShelfOutbox
from edge_agent.outbox.sqlite import SqliteShelf
from tests.edge_agent.samples import NOW, load

BOUNDS = Bounds(max_bytes=3000, max_days=1)
HOUR_MS = 3_600_000


class Books(RuleBasedStateMachine):
    """A gateway's outbox on one side, a centre that keeps what arrives on the other."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.accepted = 0
        self.stored: dict[int, int] = {}
        self.declared: dict[int, int] = {}
        self.produced = 0
        self.folder = Path(tempfile.mkdtemp(prefix="thacba-outbox-"))
        self.generation = 0

    def open_shelf(self) -> Shelf:
        raise NotImplementedError

    @initialize()
    def begin(self) -> None:
        self.shelf = self.open_shelf()
        self.outbox = ShelfOutbox(self.shelf, bounds=BOUNDS, compression="zstd")
        self.epoch = self.outbox.counters().epoch

    @rule(values=st.integers(1, 12), priority=st.sampled_from(Priority), copies=st.integers(1, 4))
    def append(self, values: int, priority: Priority, copies: int) -> None:
        loads = [load(values=values, priority=priority, begin=self.now + number) for number in range(copies)]
        self.outbox.append(loads, now=self.now)
        self.accepted += values * copies

    @rule(readings=st.integers(1, 9))
    def lose(self, readings: int) -> None:
        self.outbox.append([], now=self.now, losses=[Loss({"gauge": readings}, self.now, self.now, "disk_full")])
        self.accepted += readings

    @rule(values=st.integers(1, 12), priority=st.sampled_from(Priority), boot=st.sampled_from(["b1", "b2"]))
    def append_undated(self, values: int, priority: Priority, boot: str) -> None:
        one = load(values=values, priority=priority, begin=5000)
        self.outbox.append([replace(one, boot=boot, clock="doubtful")], now=9000)
        self.accepted += values

    @rule(boot=st.sampled_from(["b1", "b2"]))
    def learn_the_time(self, boot: str) -> None:
        """This boot hears what time it is: its readings are dated, those of the other one are given up."""
        while self.outbox.date(boot=boot, offset_ms=self.now, now=self.now):
            pass
        assert self.outbox.counters().undated_batches == 0

    @rule(hours=st.integers(1, 30))
    def time_passes(self, hours: int) -> None:
        self.now += hours * HOUR_MS
        self.outbox.sweep(now=self.now)

    @rule(take=st.lists(st.integers(0, 7), max_size=6), lost=st.booleans())
    def deliver(self, take: list[int], lost: bool) -> None:
        """Some batches arrive, in any order and perhaps again; perhaps their receipt is lost."""
        kept = self.kept()
        arrived = [kept[index % len(kept)] for index in take if kept]
        for batch in arrived:
            self.centre_takes(batch)
        if not lost:
            ranges = [(batch.sequence, batch.sequence) for batch in arrived]
            self.outbox.settle([Receipt(v=1, epoch=self.epoch, committed=ranges)])

    @invariant()
    def the_balance_holds(self) -> None:
        if not hasattr(self, "outbox"):
            return
        counters, kept = self.outbox.counters(), self.kept()
        undated = self.shelf.undated(10_000)
        waiting = [decode(each.payload, Batch) for each in undated]
        on_the_way = {batch.sequence: size_of(batch) for batch in [*kept, *waiting]}
        assert counters.undated_batches == len(undated)
        assert all(batch.devices[0].times[0] > 9000 for batch in kept if batch.devices), "sent under a wrong time"
        drops = [*self.shelf.drops(), *(drop for batch in [*kept, *waiting] for drop in batch.dropped)]
        explained = {sequence for drop in drops for sequence in range(drop.first, drop.last + 1)}
        everything = set(self.stored) | set(on_the_way) | explained | set(self.declared)
        assert everything == set(range(1, counters.next_sequence))
        assert counters.accepted == self.accepted == sum(self.outbox.produced().values())
        assert counters.backlog_readings == sum(on_the_way.values())
        assert counters.backlog_bytes == self.shelf.stock().size <= BOUNDS.max_bytes
        assert counters.epoch == self.epoch
        arrived_later = {sequence: size for sequence, size in on_the_way.items() if sequence not in self.stored}
        given_up = explained | set(self.declared)
        sizes = {drop.first: drop.readings for drop in drops} | self.declared
        if not given_up & set(self.stored):  # a lost receipt lets a stored batch be dropped: both are true
            assert self.accepted == sum(self.stored.values()) + sum(arrived_later.values()) + sum(sizes.values())

    def kept(self) -> list[Batch]:
        parcels = [
            parcel
            for priority in Priority
            for parcel in self.outbox.peek(priority, after=0, before=2**53, limit=10_000)
        ]
        return sorted((decode_batch(parcel.payload) for parcel in parcels), key=lambda batch: batch.sequence)

    def centre_takes(self, batch: Batch) -> None:
        known = self.stored.setdefault(batch.sequence, size_of(batch))
        assert known == size_of(batch), "one number, two contents"
        for drop in batch.dropped:
            for sequence in range(drop.first, drop.last + 1):
                self.declared[sequence] = drop.readings if sequence == drop.first else 0

    def teardown(self) -> None:
        if hasattr(self, "outbox"):
            self.outbox.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class MemoryBooks(Books):
    """The rules alone."""

    def open_shelf(self) -> Shelf:
        return MemoryShelf()


class SqliteBooks(Books):
    """The rules on a disk, with crashes."""

    def open_shelf(self) -> Shelf:
        self.folder.mkdir(exist_ok=True)
        return SqliteShelf(self.folder)

    @rule()
    def killed(self) -> None:
        """The process dies: what the files hold at this moment is all that the next one finds."""
        after = self.folder.with_name(f"{self.folder.name}-{self.generation}")
        shutil.copytree(self.folder, after)
        self.outbox.close()
        shutil.rmtree(self.folder)
        self.folder, self.generation = after, self.generation + 1
        self.begin_again()

    @rule()
    def restarted(self) -> None:
        self.outbox.close()
        self.begin_again()

    def begin_again(self) -> None:
        self.shelf = SqliteShelf(self.folder)
        self.outbox = ShelfOutbox(self.shelf, bounds=BOUNDS, compression="zstd")


TestMemoryBooks = MemoryBooks.TestCase
TestMemoryBooks.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestSqliteBooks = SqliteBooks.TestCase
TestSqliteBooks.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
