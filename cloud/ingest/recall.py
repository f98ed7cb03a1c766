"""Asks for held batches once the store is back: few at a time over the whole fleet, fair to every gateway; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cloud.ingest.ledger import AccountKey
from cloud.ingest.ranges import Range, common, lowest, size_of_ranges, without

RANGES_NAMED = 50  # in one receipt
MOST_OF_ONE = 200  # batches that one gateway is asked for at a time
PATIENCE_S = 20.0  # a gateway that has sent nothing of it for so long is not there, or has it no more


@dataclass(slots=True)
class _Asked:
    """What one account was asked for and has not sent yet; `at` is when it was asked, or last sent some of it."""

    ranges: list[Range]
    at: float
    share: int


class Recall:
    """Remembers who was asked for what. Forgetting it costs nothing but asking again.

    An account that is silent keeps its place in the line, but is asked for one batch only until it answers.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._asked: dict[AccountKey, _Asked] = {}
        self._silent: set[AccountKey] = set()
        self._last: dict[AccountKey, None] = {}  # in the order of asking: whoever waited longest comes first

    @property
    def outstanding(self) -> int:
        """How many batches are asked for and have not come."""
        return sum(size_of_ranges(each.ranges) for each in self._asked.values())

    def forget(self) -> None:
        """The store is away again, or nothing is held."""
        self._asked, self._silent, self._last = {}, set(), {}

    def due(self, held: Mapping[AccountKey, list[Range]], now: float) -> Iterator[tuple[AccountKey, list[Range]]]:
        """Whom to ask now, and for which of what is held; `held` holds only accounts that can be reached."""
        self._note_arrivals(held, now)
        waiting = [key for key in self._in_turn(held) if self._has_room(key)]
        free = self._most - self.outstanding
        share = min(MOST_OF_ONE, max(1, free // max(1, len(waiting))))
        for key in waiting:
            if free <= 0:
                return
            before = self._asked[key].ranges if key in self._asked else []
            most = min(free, 1 if key in self._silent else share)
            more = lowest(without(held[key], before), most)[:RANGES_NAMED]
            if more:
                free -= size_of_ranges(more)
                self._asked[key] = _Asked(sorted([*before, *more]), now, share)
                self._last.pop(key, None)
                self._last[key] = None
                yield key, more

    def _note_arrivals(self, held: Mapping[AccountKey, list[Range]], now: float) -> None:
        for key, asked in list(self._asked.items()):
            left = common(asked.ranges, held.get(key, []))
            if left != asked.ranges:
                asked.ranges, asked.at = left, now
                self._silent.discard(key)
            elif now - asked.at >= PATIENCE_S:
                self._silent.add(key)
                asked.ranges = []
            if not asked.ranges:
                del self._asked[key]

    def _in_turn(self, held: Mapping[AccountKey, list[Range]]) -> list[AccountKey]:
        self._last = {key: None for key in self._last if key in held}
        self._silent &= held.keys()
        return [*(key for key in sorted(held) if key not in self._last), *self._last]

    def _has_room(self, key: AccountKey) -> bool:
        """Asked again before the last of it has come, so that a gateway never stands idle."""
        asked = self._asked.get(key)
        return asked is None or (key not in self._silent and 2 * size_of_ranges(asked.ranges) <= asked.share)
