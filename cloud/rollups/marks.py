"""Which hours of which devices readings have touched since their roll-ups were last computed: pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cloud.store.base import Columns, DirtyRow
from cloud.store.roll_up import HOUR_MS

REMEMBERED = 250_000  # hours of devices; beyond it all are forgotten, and marked again at the cost of one row each
Touched = tuple[str, str, str, int]  # gateway, device, profile, begin of the hour


class Marks:
    """Remembers what is marked already, so that a busy device costs one row an hour and not one row a window.

    Three rules keep the log whole, whoever is interrupted where:
    an hour counts as marked before its commit begins, and no longer when the commit fails (`failed`);
    the worker says `claim` before it reads the readings, so whatever comes later is marked again;
    readings are in the store before they are marked, so whatever was marked before the claim is read.
    """

    def __init__(self, *, settle_ms: int, refresh_ms: int) -> None:
        self._settle_ms = settle_ms
        self._refresh_ms = refresh_ms
        self._marked: set[Touched] = set()

    def rows(self, columns: Iterable[Columns], *, now: int) -> Sequence[DirtyRow]:
        """What must be committed with these columns; nothing for hours that are marked already."""
        fresh = {touched for block in columns for touched in _touched(block)} - self._marked
        if len(self._marked) + len(fresh) > REMEMBERED:
            self._marked.clear()
        self._marked |= fresh
        return [DirtyRow(*touched, due_at=self._due_at(touched[3], now)) for touched in fresh]

    def failed(self, rows: Iterable[DirtyRow]) -> None:
        """The commit of these rows failed, or nobody knows."""
        self._marked.difference_update(map(_named, rows))

    def claim(self, rows: Iterable[DirtyRow]) -> None:
        """These hours are about to be read: what comes from now on must be marked again."""
        self._marked.difference_update(map(_named, rows))

    def _due_at(self, hour: int, now: int) -> int:
        """An hour that is over waits for its stragglers; one that still runs is computed now and then."""
        settled = now + self._settle_ms
        return max(settled, min(hour + HOUR_MS + self._settle_ms, now + self._refresh_ms))


def _touched(block: Columns) -> Iterable[Touched]:
    times = block.times
    if not times:
        return ()
    first, last = times[0] // HOUR_MS, times[-1] // HOUR_MS  # times rise
    hours = (first,) if first == last else {time // HOUR_MS for time in times}
    return [(block.gateway, block.device, block.profile, hour * HOUR_MS) for hour in hours]


def _named(row: DirtyRow) -> Touched:
    return (row.gateway, row.device, row.profile, row.hour)
