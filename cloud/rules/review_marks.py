"""The marks of late readings: which rule must look again at which device, and from which time on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import msgspec

from cloud.alarms.book import Key
from cloud.rules.review import Readings, kind_of
from cloud.rules.watch import Track
from cloud.store.base import RuleStateRow

REVIEW = "@review/"  # the row of a mark is called so, followed by its rule


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of the past, from `since` on, that late readings may have changed.

    `at` is when the newest of them arrived and `first` when the oldest mark was made; `count` says how often it was
    marked, so that who has looked knows whether more came meanwhile. After a restart the counting begins anew.
    """

    rule: str
    gateway: str
    device: str
    since: int
    at: int
    first: int
    count: int = 1

    @property
    def key(self) -> Key:
        """Which rule and device."""
        return self.rule, self.gateway, self.device


class Marks:
    """Every mark. Mutable; the judge owns it."""

    def __init__(self) -> None:
        self._by_key: dict[Key, Mark] = {}

    def __iter__(self) -> Iterator[Mark]:
        return iter(list(self._by_key.values()))

    def __len__(self) -> int:
        return len(self._by_key)

    def restore(self, states: Iterable[RuleStateRow]) -> None:
        """Starts again from the rows that were kept."""
        kept = (row.state for row in states if row.rule.startswith(REVIEW) and row.state)
        marks = (msgspec.json.decode(state, type=Mark) for state in kept)
        self._by_key = {mark.key: mark for mark in marks}

    def get(self, key: Key) -> Mark | None:
        """The mark of a rule and device."""
        return self._by_key.get(key)

    def put(self, key: Key, *, since: int, now: int) -> RuleStateRow | None:
        """Marks; the row is to be kept when the stretch begins earlier than any row says."""
        known = self._by_key.get(key)
        if known is None:
            mark = Mark(*key, since=since, at=now, first=now)
        else:
            mark = replace(known, since=min(known.since, since), at=now, count=known.count + 1)
        self._by_key[key] = mark
        if known is not None and known.since <= since:
            return None
        kept = msgspec.json.encode(replace(mark, count=1)).decode()
        return RuleStateRow(REVIEW + mark.rule, mark.gateway, mark.device, kept)

    def take(self, key: Key) -> RuleStateRow:
        """Forgets a mark: it was looked at."""
        self._by_key.pop(key, None)
        rule, gateway, device = key
        return RuleStateRow(REVIEW + rule, gateway, device, None)

    def due(self, *, quiet_since: int, first_before: int) -> Iterator[Mark]:
        """Marks to which nothing was added since a time, or that were first made before another."""
        return (mark for mark in self if mark.at <= quiet_since or mark.first <= first_before)


def matters_since(track: Track, late: Readings) -> int | None:
    """The time of the oldest late reading that can change what a rule says; None when none can.

    A rule whose band a value does not leave is idle as long as it has not stirred, and stays so.
    """
    if kind_of(track.rule) is None:
        return None
    floor, ceiling = track.rule.kind.band
    course = track.course
    if not course.idle:
        return late[0][0]
    return next((at for at, value in late if at <= course.stirred or not floor < value < ceiling), None)
