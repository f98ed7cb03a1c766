"""What was promised in a month and what came of it: the ledger of each gateway, as the centre noted it while it ran.

The centre keeps the sums of its ledger as readings of its own (`index_gateway`), once a minute. What a month brought is
the sum at its end less the sum at its begin.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Final

from cloud.store.base import Bucket, ReadingStore, SeriesKey

PROFILE: Final = "index_gateway"
DEVICE: Final = "gateway"
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS


@dataclass(frozen=True, slots=True)
class Promise:
    """Readings that gateways accepted in a time, and what became of them; `gateways` of them are known."""

    accepted: int = 0
    stored: int = 0
    dead_lettered: int = 0
    dropped: int = 0
    awaited: int = 0
    gateways: int = 0

    @property
    def stored_pct(self) -> float | None:
        """How much of what was accepted is stored; None when nothing is known."""
        return min(100.0, 100 * self.stored / self.accepted) if self.accepted > 0 else None


TERMS: Final = tuple(each.name for each in fields(Promise) if each.name != "gateways")


async def promises(store: ReadingStore, *, begin: int, end: int) -> dict[str, Promise]:
    """What each gateway promised between two times; nothing for gateways that the centre has no note of."""
    known = await store.stored(PROFILE, "accepted", begin=begin, end=end)
    return {each.key.gateway: await _promise(store, each.key.gateway, begin, end) for each in known}


def together(found: Iterable[Promise]) -> Promise:
    """The sum over gateways."""
    each = list(found)
    sums = {term: sum(getattr(one, term) for one in each) for term in TERMS}
    return Promise(**sums, gateways=sum(one.gateways for one in each))


def of_gateways(found: dict[str, Promise], gateways: Collection[str]) -> Promise:
    """The sum over some of them."""
    return together(promise for gateway, promise in sorted(found.items()) if gateway in gateways)


async def _promise(store: ReadingStore, gateway: str, begin: int, end: int) -> Promise:
    sums = {}
    for term in TERMS:
        key = SeriesKey(PROFILE, gateway, DEVICE, term)
        before = await store.series(key, begin=begin - DAY_MS, end=begin + HOUR_MS, step_ms=HOUR_MS)
        within = await store.series(key, begin=begin, end=end, step_ms=DAY_MS)
        sums[term] = round(within[-1].last - _at(before, within, begin)) if within else 0
    # What was awaited at the begin and came meanwhile is stored now: only what is still awaited tells of this month.
    sums["awaited"] = max(0, sums["awaited"])
    return Promise(**sums, gateways=1)


def _at(before: Sequence[Bucket], within: Sequence[Bucket], begin: int) -> float:
    """The sum at the begin: the last note before it, else the first one after it."""
    noted = [each for each in before if each.begin < begin]
    return noted[-1].last if noted else (before or within)[0].minimum
