"""Shelved alarms: somebody wants no notices of a problem until a time, and says why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from cloud.alarms.book import Key
from cloud.store.base import RuleStateRow

SHELVED = "@shelved/"  # the row of a shelf is called so, followed by its rule
LONGEST_MS = 7 * 86_400_000


@dataclass(frozen=True, slots=True)
class Shelf:
    """A problem that is shelved: rule and device, so that it stays shelved when it ends and comes again.

    `alarm` is the alarm that was shelved; times in ms since 1970 UTC.
    """

    rule: str
    gateway: str
    device: str
    alarm: str
    at: int
    until: int
    actor: str
    reason: str

    @property
    def key(self) -> Key:
        """What is shelved."""
        return self.rule, self.gateway, self.device


class Shelves:
    """Everything that is shelved. Mutable; the judge owns it."""

    def __init__(self) -> None:
        self._by_key: dict[Key, Shelf] = {}

    def restore(self, states: Iterable[RuleStateRow]) -> None:
        """Starts again from the rows that were kept."""
        kept = (row.state for row in states if row.rule.startswith(SHELVED) and row.state)
        shelves = (msgspec.json.decode(state, type=Shelf) for state in kept)
        self._by_key = {shelf.key: shelf for shelf in shelves}

    def all(self) -> Sequence[Shelf]:
        """Every shelf, the one that ends first before the others."""
        return sorted(self._by_key.values(), key=lambda shelf: (shelf.until, shelf.key))

    def of(self, key: Key) -> Shelf | None:
        """The shelf of a problem."""
        return self._by_key.get(key)

    def put(self, shelf: Shelf) -> RuleStateRow:
        """Shelves, instead of what was shelved of it before."""
        self._by_key[shelf.key] = shelf
        return RuleStateRow(SHELVED + shelf.rule, shelf.gateway, shelf.device, msgspec.json.encode(shelf).decode())

    def take(self, shelf: Shelf) -> RuleStateRow:
        """Takes it from the shelf."""
        del self._by_key[shelf.key]
        return RuleStateRow(SHELVED + shelf.rule, shelf.gateway, shelf.device, None)

    def ended(self, now: int) -> list[Shelf]:
        """What has been shelved for long enough."""
        return [shelf for shelf in self.all() if shelf.until <= now] if self._by_key else []
