"""What every outbox promises: numbered batches, kept until their receipt, and every loss declared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal, Protocol

from device_profiles.wire import DeviceBlock, Event, Receipt
from edge_agent.connector import EdgeError

Compression = Literal["none", "gzip", "zstd"]
PACK_ABOVE_BYTES = 512  # below this packing gains nothing worth the reader's trouble


class OutboxFullError(EdgeError):
    """There is no room for this batch now; nothing of it was kept, trying again may help."""


class OutboxBrokenError(EdgeError):
    """The disk under the outbox fails; what it says can no longer be trusted, so the agent ends."""


class OutboxTakenError(EdgeError):
    """Another agent already works on this folder."""


class Priority(IntEnum):
    """What goes first when the link is thin, and last when the disk is full."""

    EVENTS = 0
    READINGS = 1


@dataclass(frozen=True, slots=True)
class Load:
    """What one batch shall carry; it has no number yet. `begin` and `end`: time span in ms since 1970 UTC.

    With a `boot` all its times count from the start of that boot, because nobody knows the time: it waits for `date`.
    """

    priority: Priority
    begin: int
    end: int
    devices: tuple[DeviceBlock, ...] = ()
    events: tuple[Event, ...] = ()
    clock: Literal["good", "doubtful"] = "good"
    boot: str = ""


@dataclass(frozen=True, slots=True)
class Loss:
    """Readings that never reached the disk, per device: they take a number and are declared dropped."""

    readings: Mapping[str, int]
    begin: int
    end: int
    reason: str


@dataclass(frozen=True, slots=True)
class Parcel:
    """One kept batch, as it travels."""

    sequence: int
    priority: Priority
    payload: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much an outbox keeps."""

    max_bytes: int = 512 * 1024 * 1024
    max_days: float = 30.0


@dataclass(frozen=True, slots=True)
class Counters:
    """Where an outbox stands, in this epoch; `oldest_at` (ms since 1970 UTC) is 0 when nothing is kept."""

    epoch: str
    next_sequence: int
    accepted: int
    backlog_batches: int
    backlog_readings: int
    backlog_bytes: int
    dropped_readings: int
    appended_bytes: int
    oldest_at: int
    latest_at: int
    undated_batches: int = 0
    spent_day: int = 0
    spent_bytes: int = 0


class Outbox(Protocol):
    """Keeps batches until their receipt. Plain and synchronous: outbox/owner.py gives it its thread."""

    def append(self, loads: Sequence[Load], *, now: int, losses: Sequence[Loss] = ()) -> Sequence[int]:
        """Numbers and keeps all loads, or none; on disk when it returns.

        When full it drops the oldest of the lowest priority and declares that in the new batch.
        OutboxFullError when there is no room even so, OutboxBrokenError when the disk fails.
        """

    def peek(self, priority: Priority, *, after: int, before: int, limit: int) -> Sequence[Parcel]:
        """The first kept and dated batches of a priority with after < sequence < before, in order."""

    def fetch(self, sequences: Sequence[int]) -> Sequence[Parcel]:
        """Those of these batches that are still kept, and dated, in order."""

    def date(self, *, boot: str, offset_ms: int, now: int) -> int:
        """Adds the offset to the times of undated batches of this boot, so that they may travel.

        Those of another boot ended without ever knowing the time: dropped, and declared `no_clock`.
        Says how many batches it worked in; 0 when none is left.
        """

    def settle(self, receipts: Sequence[Receipt]) -> int:
        """Forgets what the receipts name committed or refused; says how many batches that were."""

    def sweep(self, *, now: int) -> int:
        """Drops what is older than the bound, and sees that every drop is declared; says how many readings went."""

    def bound(self, bounds: Bounds) -> None:
        """Keeps so much from now on."""

    def counters(self) -> Counters:
        """Where the outbox stands."""

    def produced(self) -> Mapping[str, int]:
        """Readings and events ever accepted per device, over all epochs."""

    def note_spent(self, *, day: int, spent: int) -> None:
        """Writes down how many bytes were sent on this day."""

    def remember(self, command: str, *, until: int, now: int) -> bool:
        """True when this command was never seen; forgets commands that expired long before now."""

    def close(self) -> None:
        """Lets go of the file."""
