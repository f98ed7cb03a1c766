"""What lies in an outbox, and what every shelf promises that holds it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from device_profiles.wire import Dropped
from edge_agent.outbox.base import Priority

ROW_BYTES = 96  # what a kept batch costs beside its payload: columns, index, page share


@dataclass(frozen=True, slots=True)
class Tally:
    """The durable numbers of an outbox in this epoch."""

    epoch: str
    next_sequence: int = 1
    accepted: int = 0
    dropped_readings: int = 0
    appended_bytes: int = 0
    latest_at: int = 0
    spent_day: int = 0
    spent_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Kept:
    """One batch on the shelf; `intact` is False when its bytes are not those that were put there."""

    sequence: int
    priority: Priority
    readings: int
    begin: int
    end: int
    appended_at: int
    carries: int
    payload: bytes = field(repr=False)
    intact: bool = True
    boot: str = ""  # set while its times count from the start of this boot, because nobody knows the time

    @property
    def size(self) -> int:
        """What it costs on the shelf."""
        return len(self.payload) + ROW_BYTES


@dataclass(frozen=True, slots=True)
class Stock:
    """How much lies on the shelf."""

    batches: int
    readings: int
    size: int
    oldest_at: int
    undated: int = 0


class Shelf(Protocol):
    """Where batches lie. Every change happens inside `transaction`, wholly or not at all, and is on disk after it."""

    def transaction(self) -> AbstractContextManager[None]:
        """Commits at its end, rolls back on any error."""

    def tally(self) -> Tally:
        """The numbers as last written."""

    def write_tally(self, tally: Tally) -> None:
        """Replaces the numbers."""

    def put(self, kept: Kept) -> None:
        """Lays one batch down."""

    def remove(self, first: int, last: int) -> Stock:
        """Takes away every batch of this range and says what that was."""

    def stock(self) -> Stock:
        """What lies here now."""

    def first_at(self) -> int:
        """When the batch with the lowest number was put down; 0 when nothing lies here."""

    def room(self) -> int:
        """How many bytes the disk itself still takes."""

    def fold(self) -> None:
        """Makes what was written aside part of the file, so that it takes no room of its own."""

    def oldest(self, lowest: Priority) -> Kept | None:
        """The oldest batch of the least important priority, none more important than this one."""

    def appended_before(self, moment: int) -> Sequence[Kept]:
        """Batches put down before this moment."""

    def peek(self, priority: Priority, after: int, before: int, limit: int) -> Sequence[Kept]:
        """The first dated batches of a priority between two sequences, both excluded."""

    def undated(self, limit: int) -> Sequence[Kept]:
        """The first batches whose times count from the start of a boot."""

    def fetch(self, sequences: Iterable[int]) -> Sequence[Kept]:
        """These batches, as far as they lie here."""

    def drops(self) -> Sequence[Dropped]:
        """Drops that no batch declares yet."""

    def write_drops(self, drops: Sequence[Dropped]) -> None:
        """Replaces them."""

    def count(self, readings: Mapping[str, int]) -> None:
        """Adds to the readings ever accepted per device."""

    def produced(self) -> Mapping[str, int]:
        """Readings ever accepted per device."""

    def remember(self, command: str, until: int, forget_before: int) -> bool:
        """True when this command was unknown; forgets those that ended before a moment."""

    def close(self) -> None:
        """Lets go."""
