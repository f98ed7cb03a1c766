"""Roll-ups in memory: for tests; nothing survives the process."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from cloud.store.base import SeriesKey
from cloud.store.roll_up import Grain, Rolled, RolledPoint


class MemoryRollUps:
    """Keeps every series as a dictionary of time to window."""

    def __init__(self) -> None:
        self._series: defaultdict[tuple[Grain, SeriesKey], dict[int, Rolled]] = defaultdict(dict)

    async def open(self) -> None:
        """Nothing to make ready."""

    async def write(self, grain: Grain, points: Sequence[RolledPoint]) -> None:
        """Keeps all of it; see the port."""
        for point in points:
            self._series[grain, point.key] |= {window.begin: window for window in point.windows}

    async def windows(self, key: SeriesKey, grain: Grain, *, begin: int, end: int) -> Sequence[Rolled]:
        """The point's windows that begin between two times (end excluded), rising."""
        kept = self._series.get((grain, key), {})
        return [window for at, window in sorted(kept.items()) if begin <= at < end]

    async def purge(self, grain: Grain, *, before: int) -> int:
        """Forgets windows that begin before a time."""
        gone = 0
        for (kept_grain, _), windows in self._series.items():
            old = [at for at in windows if kept_grain == grain and at < before]
            gone += len(old)
            for at in old:
                del windows[at]
        return gone

    async def close(self) -> None:
        """Nothing to let go of."""
