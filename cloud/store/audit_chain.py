"""The chain of the audit log: every row carries the digest of itself and of the row before it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from cloud.store.audit_port import ChainedRow, ChainEnd, ChainEnds

Kind = Literal["changed", "missing", "cut", "renumbered"]


@dataclass(frozen=True, slots=True)
class ChainFault:
    """Where the log is not what was written: `after` is the last row before it, `number` the row that shows it."""

    kind: Kind
    after: int
    number: int


@dataclass(frozen=True, slots=True)
class ChainVerdict:
    """What a walk over the whole log found; `head` is what to keep elsewhere and compare with the next time."""

    rows: int
    first: int
    head: ChainEnd
    faults: tuple[ChainFault, ...]


def digest_of(previous: str, number: int, cells: tuple[int, str, str, str, str]) -> str:
    """The digest of a row behind another one; `cells`: at, actor, action, target, detail.

    The formula never changes, or no old log could be verified: SHA-256 over a JSON array without spaces, in UTF-8.
    """
    text = json.dumps([previous, number, *cells], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def verify(rows: Iterable[ChainedRow], ends: ChainEnds, *, most: int = 100) -> ChainVerdict:
    """Walks over the rows in their order: each must be as it was written, and stand behind the one before it."""
    last, count, first = ends.forgotten, 0, 0
    faults: list[ChainFault] = []
    for row in rows:
        first = first or row.number
        count += 1
        faults += _faults_of(row, last)
        last = ChainEnd(row.number, row.digest)
        if len(faults) >= most:
            break
    if len(faults) < most and last != ends.head:
        faults.append(ChainFault("cut", last.number, ends.head.number))
    return ChainVerdict(count, first, ends.head, tuple(faults))


def known_head(rows: Iterable[ChainedRow], noted: ChainEnd) -> bool:
    """Whether the row that somebody noted before is still there as it was: what a chain made anew cannot show."""
    return any(row.number == noted.number and row.digest == noted.digest for row in rows)


def _faults_of(row: ChainedRow, last: ChainEnd) -> Iterator[ChainFault]:
    if row.previous != last.digest:
        yield ChainFault("missing", last.number, row.number)
    elif row.number <= last.number:
        yield ChainFault("renumbered", last.number, row.number)
    if row.digest != digest_of(row.previous, row.number, (row.at, row.actor, row.action, row.target, row.detail)):
        yield ChainFault("changed", last.number, row.number)
