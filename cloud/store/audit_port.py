"""The port of the audit log as a chain: rows with their digests, and the two ends that show what was taken away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from cloud.store.rows import AuditRow


@dataclass(frozen=True, slots=True)
class ChainedRow:
    """A row of the audit log with its place in the chain."""

    number: int
    at: int
    actor: str
    action: str
    target: str
    detail: str
    previous: str
    digest: str


@dataclass(frozen=True, slots=True)
class ChainEnd:
    """A row by number and digest; 0 and "" before the very first."""

    number: int = 0
    digest: str = ""


@dataclass(frozen=True, slots=True)
class ChainEnds:
    """The last row that retention let go, and the newest row."""

    forgotten: ChainEnd
    head: ChainEnd


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which rows somebody looks for; empty = all."""

    actor: str = ""
    action: str = ""
    target: str = ""
    begin: int | None = None
    end: int | None = None


class AuditLog(Protocol):
    """Synchronous, as the StateStore is."""

    def append(self, row: AuditRow) -> None:
        """Adds a row behind the newest one."""

    def newest(self, wanted: AuditFilter, *, before: int | None, limit: int) -> Sequence[ChainedRow]:
        """Newest first; `before` is the number behind which the page starts."""

    def following(self, after: int, *, limit: int) -> Sequence[ChainedRow]:
        """Rows behind a number, oldest first."""

    def ends(self) -> ChainEnds:
        """Where the chain begins and ends."""

    def forget(self, *, before: int, limit: int) -> int:
        """Forgets rows of before that time from the oldest on, and notes the last of them; says how many."""
