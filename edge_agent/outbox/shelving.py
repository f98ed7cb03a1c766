"""The rules of store and forward, over any shelf: numbering, bounds, drops and their declaration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from device_profiles.wire import Batch, Dropped, Receipt, decode
from edge_agent.outbox.base import Bounds, Compression, Counters, Load, Loss, OutboxFullError, Parcel, Priority
from edge_agent.outbox.packing import Packed, dated, merged, pack, payload_of, readings_per_device
from edge_agent.outbox.shelf import ROW_BYTES, Kept, Shelf, Stock

DROPS_PER_BATCH = 200  # declarations in one batch; more wait for the next, so that no batch grows past the wire limit
DAY_MS = 86_400_000
DATED_AT_ONCE = 200  # batches that get their times in one transaction
STEP_BATCHES = 8  # forgotten in one transaction on a full disk


class ShelfOutbox:
    """The one owner of a shelf; see outbox/base.py for what each method promises."""

    def __init__(self, shelf: Shelf, *, bounds: Bounds | None = None, compression: Compression = "zstd") -> None:
        self._shelf = shelf
        self._bounds = bounds or Bounds()
        self._compression: Compression = compression
        self._tally = shelf.tally()
        self._stock = shelf.stock()
        self._counters = self._counted()

    def bound(self, bounds: Bounds) -> None:
        """Keeps so much from now on; what is beyond it goes with the next append, declared as ever."""
        self._bounds = bounds

    def append(self, loads: Sequence[Load], *, now: int, losses: Sequence[Loss] = ()) -> Sequence[int]:
        """Numbers and keeps all loads in one transaction; losses take a number each and are declared.

        The last known time goes back only with a clock that is believed.
        """
        doubtful = any(load.clock == "doubtful" for load in loads)
        at = max(now, self._tally.latest_at) if doubtful else now
        with self._change():
            for loss in losses:
                self._lose(loss)
            sequences = [self._keep(load, at) for load in loads]
            self._tally = replace(self._tally, latest_at=at)
        return sequences

    def peek(self, priority: Priority, *, after: int, before: int, limit: int) -> Sequence[Parcel]:
        """The first kept batches of a priority between two sequences."""
        return self._parcels(self._shelf.peek(priority, after, before, limit))

    def fetch(self, sequences: Sequence[int]) -> Sequence[Parcel]:
        """Those of these batches that are still kept."""
        return self._parcels([kept for kept in self._shelf.fetch(sequences) if not kept.boot])

    def date(self, *, boot: str, offset_ms: int, now: int) -> int:
        """Gives undated batches of this boot their times, in steps; those of boots that never knew it are given up."""
        with self._change():
            undated = self._shelf.undated(DATED_AT_ONCE) if self._stock.undated else ()
            for kept in undated:
                if kept.boot == boot and kept.intact:
                    self._date(kept, offset_ms, now)
                else:
                    self._drop(kept, "no_clock" if kept.intact else "corrupt")
            while self._stock.size > self._bounds.max_bytes and (victim := self._shelf.oldest(Priority.EVENTS)):
                self._drop(victim, "full")
        return len(undated)

    def settle(self, receipts: Sequence[Receipt]) -> int:
        """Forgets what the receipts name; receipts of another epoch say nothing about ours."""
        ranges = [
            each
            for receipt in receipts
            if receipt.epoch == self._tally.epoch
            for each in [*receipt.committed, *((refused.sequence, refused.sequence) for refused in receipt.refused)]
        ]
        try:
            return self._settled(ranges)
        except OutboxFullError:  # also forgetting is written down first: in small steps, with an empty log
            return sum(self._settled_in_steps(first, last) for first, last in ranges)

    def _settled_in_steps(self, first: int, last: int) -> int:
        gone, last = 0, min(last, self._tally.next_sequence)
        for begin in range(first, last + 1, STEP_BATCHES):
            self._shelf.fold()
            gone += self._settled([(begin, min(begin + STEP_BATCHES - 1, last))])
        return gone

    def _settled(self, ranges: Sequence[tuple[int, int]]) -> int:
        with self._change():
            return sum(self._forget(first, last).batches for first, last in ranges)

    def sweep(self, *, now: int) -> int:
        """Drops what is too old, and sends an empty batch along when a drop waits for somebody to declare it."""
        before = self._tally.dropped_readings
        with self._change():
            for kept in self._shelf.appended_before(now - round(self._bounds.max_days * DAY_MS)):
                self._drop(kept, "expired")
            if self._shelf.drops():
                self._keep(Load(Priority.READINGS, now, now), now)
        return self._tally.dropped_readings - before

    def counters(self) -> Counters:
        """Where the outbox stood after its last change; safe to read from any thread."""
        return self._counters

    def produced(self) -> Mapping[str, int]:
        """Readings and events ever accepted per device."""
        return self._shelf.produced()

    def note_spent(self, *, day: int, spent: int) -> None:
        """Writes down how many bytes were sent on this day."""
        with self._change():
            self._tally = replace(self._tally, spent_day=day, spent_bytes=spent)

    def remember(self, command: str, *, until: int, now: int) -> bool:
        """True when this command was never seen. Kept a day beyond its expiry, should the clock be set back."""
        with self._shelf.transaction():
            return self._shelf.remember(command, until, now - DAY_MS)

    def close(self) -> None:
        """Lets go of the shelf."""
        self._shelf.close()

    @contextmanager
    def _change(self) -> Iterator[None]:
        """One transaction of the shelf with the outbox's own numbers in step: both move, or neither."""
        before = self._tally, self._stock
        try:
            with self._shelf.transaction():
                yield
                if self._tally != before[0]:
                    self._shelf.write_tally(self._tally)
        except BaseException:
            self._tally, self._stock = before
            raise
        self._counters = self._counted()

    def _counted(self) -> Counters:
        tally, stock = self._tally, self._stock
        return Counters(
            epoch=tally.epoch,
            next_sequence=tally.next_sequence,
            accepted=tally.accepted,
            backlog_batches=stock.batches,
            backlog_readings=stock.readings,
            backlog_bytes=stock.size,
            dropped_readings=tally.dropped_readings,
            appended_bytes=tally.appended_bytes,
            oldest_at=stock.oldest_at,
            latest_at=tally.latest_at,
            undated_batches=stock.undated,
            spent_day=tally.spent_day,
            spent_bytes=tally.spent_bytes,
        )

    def _keep(self, load: Load, now: int) -> int:
        """Lays the load down under the next number; the load itself goes when nothing less important is left to go."""
        counts = readings_per_device(load)
        waiting = merged(self._shelf.drops())
        packed = self._packed(load, waiting[:DROPS_PER_BATCH])
        room = self._shelf.room()
        while _size_of(packed) > min(room, self._bounds.max_bytes - self._stock.size):
            victim = self._shelf.oldest(load.priority)
            if victim is None or _size_of(packed) > self._bounds.max_bytes:
                span = (now, now) if load.boot else (load.begin, load.end)
                return self._lose(Loss(counts, *span, "full"))
            self._drop(victim, "full")
            room = max(room, 0) + victim.size
            waiting = merged(self._shelf.drops())
            packed = self._packed(load, waiting[:DROPS_PER_BATCH])
        kept = _kept(packed, now, carries=len(waiting[:DROPS_PER_BATCH]), boot=load.boot)
        if waiting:
            self._shelf.write_drops(waiting[DROPS_PER_BATCH:])
        self._put(kept)
        self._shelf.count(counts)
        self._number(packed.readings, size=kept.size)
        return kept.sequence

    def _put(self, kept: Kept) -> None:
        self._shelf.put(kept)
        stock = self._stock
        self._stock = Stock(
            stock.batches + 1,
            stock.readings + kept.readings,
            stock.size + kept.size,
            stock.oldest_at or kept.appended_at,
            stock.undated + bool(kept.boot),
        )

    def _date(self, kept: Kept, offset_ms: int, now: int) -> None:
        """The same batch under the same number, with the times that its readings really had."""
        batch = dated(decode(kept.payload, Batch), offset_ms)
        self._forget(kept.sequence, kept.sequence)
        begin, end = kept.begin + offset_ms, kept.end + offset_ms
        payload = payload_of(batch, self._compression)
        self._put(replace(kept, begin=begin, end=end, appended_at=now, payload=payload, boot=""))

    def _packed(self, load: Load, declared: Sequence[Dropped]) -> Packed:
        return pack(
            load,
            epoch=self._tally.epoch,
            sequence=self._tally.next_sequence,
            base=self._tally.accepted,
            dropped=declared,
            compression=self._compression,
        )

    def _number(self, readings: int, *, size: int) -> None:
        tally = self._tally
        self._tally = replace(
            tally,
            next_sequence=tally.next_sequence + 1,
            accepted=tally.accepted + readings,
            appended_bytes=tally.appended_bytes + size,
        )

    def _drop(self, kept: Kept, reason: str) -> None:
        """Gives a batch up: the ledger will hear its range, and again what the batch itself was to declare."""
        again = decode(kept.payload, Batch).dropped if kept.carries and kept.intact else []
        self._forget(kept.sequence, kept.sequence)
        begin, end = (kept.appended_at, kept.appended_at) if kept.boot else (kept.begin, kept.end)
        self._declare(_dropped(kept.sequence, kept.readings, begin, end, reason), *again)

    def _lose(self, loss: Loss) -> int:
        sequence, readings = self._tally.next_sequence, sum(loss.readings.values())
        self._number(readings, size=0)
        self._shelf.count(loss.readings)
        self._declare(_dropped(sequence, readings, loss.begin, loss.end, loss.reason))
        return sequence

    def _declare(self, drop: Dropped, *again: Dropped) -> None:
        self._tally = replace(self._tally, dropped_readings=self._tally.dropped_readings + drop.readings)
        self._shelf.write_drops(merged([*self._shelf.drops(), drop, *again]))

    def _forget(self, first: int, last: int) -> Stock:
        gone = self._shelf.remove(first, last)
        if gone.batches:
            stock = self._stock
            self._stock = Stock(
                stock.batches - gone.batches,
                stock.readings - gone.readings,
                stock.size - gone.size,
                self._shelf.first_at(),
                stock.undated - gone.undated,
            )
        return gone

    def _parcels(self, found: Sequence[Kept]) -> Sequence[Parcel]:
        """What is intact; the rest is given up and declared, for a flipped bit is a loss like any other."""
        spoilt = [kept for kept in found if not kept.intact]
        if spoilt:
            with self._change():
                for kept in spoilt:
                    self._drop(kept, "corrupt")
        return [Parcel(kept.sequence, kept.priority, kept.payload) for kept in found if kept.intact]


def _size_of(packed: Packed) -> int:
    return len(packed.payload) + ROW_BYTES


def _kept(packed: Packed, now: int, *, carries: int, boot: str) -> Kept:
    return Kept(
        packed.sequence,
        packed.priority,
        packed.readings,
        packed.begin,
        packed.end,
        now,
        carries,
        packed.payload,
        boot=boot,
    )


def _dropped(sequence: int, readings: int, begin: int, end: int, reason: str) -> Dropped:
    return Dropped(
        first=sequence, last=sequence, reason=reason, readings=readings, begin=max(begin, 0), end=max(end, 0)
    )
