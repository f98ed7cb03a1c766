"""The port of commissioning records: what technicians installed, and which of its files have come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class CommissioningRow:
    """One record. `body` is the exact text that was signed (empty in lists), `digest` its SHA-256.

    `begun_at` and `ended_at` are the gateway's own times, which may be wrong; `received_at` is ours.
    `complete_at`: when its last file had come; None while one is missing.
    """

    id: str
    gateway: str
    site: str
    serial: str
    technician: str
    verdict: str
    begun_at: int
    ended_at: int
    received_at: int
    complete_at: int | None
    devices: int
    digest: str
    body: str
    signature: str


@dataclass(frozen=True, slots=True)
class CommissioningFileRow:
    """A file that a record names; `received_at` is None until its content is kept."""

    record: str
    sha256: str
    kind: str
    type: str
    size: int
    device: str
    caption: str
    received_at: int | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Which records are wanted: of one gateway or of all, those behind one that was seen, so many."""

    gateway: str = ""
    before: str = ""
    limit: int = 100


class CommissioningStore(Protocol):
    """Commissioning records in the state database. Synchronous, as the StateStore is."""

    def add(self, row: CommissioningRow, files: Sequence[CommissioningFileRow]) -> None:
        """Keeps a record with its files, all of it or nothing; StateConflictError when its id is taken."""

    def record(self, identifier: str) -> CommissioningRow | None:
        """One record with its body."""

    def records(self, page: Page) -> Sequence[CommissioningRow]:
        """Newest first, by when they came."""

    def files(self, identifier: str) -> Sequence[CommissioningFileRow]:
        """The files of a record: photos in the order of the record, whether they have come or not."""

    def received(self, identifier: str, sha256: str, *, at: int) -> None:
        """The content of a file is kept; with the last one the record is complete."""

    def kept_digests(self) -> frozenset[str]:
        """Contents that a record names, whether they have come or not."""

    def named_bytes(self) -> int:
        """How much all files take that records name; one that two records name counts once."""

    def count(self, gateway: str, *, since: int) -> int:
        """How many records a gateway has sent since then."""
