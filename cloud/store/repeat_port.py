"""The port of answers that are kept for a while, so that an order sent twice is carried out once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class RepeatRow:
    """One order with an idempotency key: whose, which, and what was answered.

    `asked`: a digest of the whole request. `status` is 0 while nobody knows how it ends.
    """

    actor: str
    key: str
    asked: str
    at: int
    status: int = 0
    kind: str = ""
    answer: str = ""


class RepeatStore(Protocol):
    """Synchronous, as the state store is."""

    def begin(self, row: RepeatRow, *, forget_before: int) -> RepeatRow | None:
        """Keeps the order and gives None; when its key is known gives what is known, and changes nothing.

        Whatever is older than `forget_before` is forgotten first.
        """

    def end(self, row: RepeatRow) -> None:
        """Keeps how it ended."""

    def drop(self, actor: str, key: str) -> None:
        """It was refused and changed nothing: the key may be used again."""
