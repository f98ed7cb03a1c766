"""A shelf in memory: the reference for the rules, and the outbox of tests and of `once`."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from device_profiles.wire import Dropped
from edge_agent.outbox.base import Bounds, Compression, Priority
from edge_agent.outbox.shelf import Kept, Stock, Tally
from edge_agent.outbox.shelving import ShelfOutbox


def new_epoch() -> str:
    """Sixteen hex digits that no outbox ever had before."""
    return secrets.token_hex(8)


def memory_outbox(*, bounds: Bounds | None = None, compression: Compression = "zstd") -> ShelfOutbox:
    """An outbox that forgets everything with the process."""
    return ShelfOutbox(MemoryShelf(), bounds=bounds, compression=compression)


class MemoryShelf:
    """Batches in a dictionary."""

    def __init__(self, *, disk_bytes: int = 2**62) -> None:
        self.disk_bytes = disk_bytes
        self._tally = Tally(new_epoch())
        self._kept: dict[int, Kept] = {}
        self._drops: tuple[Dropped, ...] = ()
        self._produced: dict[str, int] = {}
        self._commands: dict[str, int] = {}

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Puts everything back on an error."""
        before = self._tally, dict(self._kept), self._drops, dict(self._produced), dict(self._commands)
        try:
            yield
        except BaseException:
            self._tally, self._kept, self._drops, self._produced, self._commands = before
            raise

    def tally(self) -> Tally:
        """The numbers as last written."""
        return self._tally

    def write_tally(self, tally: Tally) -> None:
        """Replaces the numbers."""
        self._tally = tally

    def put(self, kept: Kept) -> None:
        """Lays one batch down."""
        self._kept[kept.sequence] = kept

    def remove(self, first: int, last: int) -> Stock:
        """Takes away every batch of this range."""
        gone = [self._kept.pop(sequence) for sequence in list(self._kept) if first <= sequence <= last]
        return _stock_of(gone)

    def stock(self) -> Stock:
        """What lies here now."""
        return _stock_of(self._kept.values())

    def first_at(self) -> int:
        """When the batch with the lowest number was put down."""
        return self._kept[min(self._kept)].appended_at if self._kept else 0

    def room(self) -> int:
        """Bytes that the pretended disk still takes."""
        return self.disk_bytes - self.stock().size

    def fold(self) -> None:
        """Nothing is written aside here."""

    def oldest(self, lowest: Priority) -> Kept | None:
        """The oldest batch of the least important priority."""
        open_to_drop = [kept for kept in self._kept.values() if kept.priority >= lowest]
        return min(open_to_drop, key=lambda kept: (-kept.priority, kept.sequence), default=None)

    def appended_before(self, moment: int) -> Sequence[Kept]:
        """Batches put down before this moment."""
        return [kept for kept in self._kept.values() if kept.appended_at < moment]

    def peek(self, priority: Priority, after: int, before: int, limit: int) -> Sequence[Kept]:
        """The first dated batches of a priority between two sequences."""
        mine = [kept for kept in self._kept.values() if kept.priority is priority and not kept.boot]
        found = [kept for kept in mine if after < kept.sequence < before]
        return sorted(found, key=lambda kept: kept.sequence)[:limit]

    def undated(self, limit: int) -> Sequence[Kept]:
        """The first batches whose times count from the start of a boot."""
        return sorted((kept for kept in self._kept.values() if kept.boot), key=lambda kept: kept.sequence)[:limit]

    def fetch(self, sequences: Iterable[int]) -> Sequence[Kept]:
        """These batches, as far as they lie here."""
        return [self._kept[sequence] for sequence in sorted(set(sequences)) if sequence in self._kept]

    def drops(self) -> Sequence[Dropped]:
        """Drops that no batch declares yet."""
        return self._drops

    def write_drops(self, drops: Sequence[Dropped]) -> None:
        """Replaces them."""
        self._drops = tuple(drops)

    def count(self, readings: Mapping[str, int]) -> None:
        """Adds to the readings ever accepted per device."""
        for device, number in readings.items():
            self._produced[device] = self._produced.get(device, 0) + number

    def produced(self) -> Mapping[str, int]:
        """Readings ever accepted per device."""
        return dict(self._produced)

    def remember(self, command: str, until: int, forget_before: int) -> bool:
        """True when this command was unknown."""
        self._commands = {known: end for known, end in self._commands.items() if end >= forget_before}
        unknown = command not in self._commands
        self._commands[command] = until
        return unknown

    def close(self) -> None:
        """There is nothing to let go of."""


def _stock_of(kept: Iterable[Kept]) -> Stock:
    found = list(kept)
    return Stock(
        batches=len(found),
        readings=sum(each.readings for each in found),
        size=sum(each.size for each in found),
        oldest_at=min((each.appended_at for each in found), default=0),
        undated=sum(1 for each in found if each.boot),
    )
