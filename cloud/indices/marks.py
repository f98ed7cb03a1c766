"""Which hours of which devices readings have touched since their indices were worked out: pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cloud.indices.grid import HANOI_MS, HOUR_MS
from cloud.indices.spec import Indices, Spec
from cloud.store.base import Columns, DirtyRow

REMEMBERED = 250_000  # hours of devices; beyond it all are forgotten, and marked again at the cost of one row each
Touched = tuple[str, str, str, int]  # gateway, device, profile, begin of the hour


class IndexMarks:
    """Says what must be committed with readings so that their indices are worked out, whoever is interrupted where.

    A reading that passes the time of a result closes it: the hour is due at once. What closes nothing yet can wait for
    the reading that will; when none comes, until a reading no longer counts. What comes late is due at once. An hour
    counts as marked before its commit begins, and no longer when that fails (`failed`) or the worker has claimed it.
    """

    def __init__(self, indices: Indices, *, settle_ms: int) -> None:
        self._indices = indices
        self._settle_ms = settle_ms
        self._marked: dict[Touched, int] = {}  # -> when it is due
        self._newest: dict[tuple[str, str, str], int] = {}

    def rows(self, columns: Iterable[Columns], *, now: int) -> Sequence[DirtyRow]:
        """What must be committed with these columns; nothing for hours that are due as soon."""
        fresh: dict[Touched, int] = {}
        for block in columns:
            specs = self._indices.of(block.profile)
            if specs and block.times:
                self._touch(block, specs, fresh, now)
        if len(self._marked) + len(fresh) > REMEMBERED:
            self._marked.clear()
        self._marked |= fresh
        return [DirtyRow(*touched, due_at=due_at) for touched, due_at in fresh.items()]

    def failed(self, rows: Iterable[DirtyRow]) -> None:
        """The commit of these rows failed, or nobody knows."""
        for row in rows:
            self._marked.pop((row.gateway, row.device, row.profile, row.hour), None)

    def claim(self, rows: Iterable[DirtyRow]) -> None:
        """These hours are about to be read: what comes from now on must be marked again."""
        self.failed(rows)

    def _touch(self, block: Columns, specs: Sequence[Spec], fresh: dict[Touched, int], now: int) -> None:
        device = (block.gateway, block.device, block.profile)
        first, last, newest = block.times[0], block.times[-1], self._newest.get(device)
        self._newest[device] = last if newest is None else max(newest, last)
        at_once = newest is None or first <= newest or any(_closes(spec, newest, last) for spec in specs)
        due_at = now + self._settle_ms
        if not at_once:
            due_at = self._settle_ms + min(closed_by(spec, last) for spec in specs)
        for hour in {at // HOUR_MS * HOUR_MS for at in (first, last)} if last - first < HOUR_MS else _hours(block):
            touched = (*device, hour)
            known = fresh.get(touched, self._marked.get(touched))
            if known is None or due_at < known - self._settle_ms:
                fresh[touched] = due_at


def closed_by(spec: Spec, newest: int) -> int:
    """When the next result is given although nothing newer has come: its readings no longer count then."""
    step, shift = spec.table.step_s * 1000, HANOI_MS - spec.table.offset_s * 1000
    return ((newest + shift) // step + 1) * step - shift + spec.table.hold_s * 1000


def _closes(spec: Spec, before: int, after: int) -> bool:
    """Whether the time of a result lies behind `before`, and not behind `after`."""
    return closed_by(spec, before) < closed_by(spec, after)


def _hours(block: Columns) -> set[int]:
    return {at // HOUR_MS * HOUR_MS for at in block.times}
