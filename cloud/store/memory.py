"""Readings in memory: for tests and for rehearsing rules on history; nothing survives the process."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from operator import itemgetter

from cloud.store.base import Bucket, Columns, PlacedEvent, RawColumn, Rejection, SeriesKey, StoredSeries
from cloud.store.buckets import buckets_of, minutes_of
from cloud.store.roll_up import DeviceKey, RolledPoint
from cloud.store.soundness import refused, unsoundness
from device_profiles.wire.messages import Cell


class MemoryStore:
    """Keeps every series as a dictionary of time to value. `quality` and `events` may be looked at."""

    def __init__(self) -> None:
        self._series: defaultdict[SeriesKey, dict[int, Cell]] = defaultdict(dict)
        self.quality: dict[tuple[SeriesKey, int], str] = {}
        self.events: dict[tuple[str, str], PlacedEvent] = {}
        self._sites: dict[tuple[str, str], str] = {}

    async def open(self) -> None:
        """Nothing to make ready."""

    async def write(self, columns: Sequence[Columns], events: Sequence[PlacedEvent]) -> Sequence[Rejection]:
        """Keeps all of it; see the port."""
        rejections = []
        for index, block in enumerate(columns):
            reason = unsoundness(block)
            if reason:
                rejections.append(refused(index, block, reason))
            else:
                self._keep(block)
        self.events |= {(placed.gateway, placed.event.id): placed for placed in events}
        return rejections

    async def series(self, key: SeriesKey, *, begin: int, end: int, step_ms: int) -> Sequence[Bucket]:
        """The point between two times (end excluded), in buckets aligned to multiples of `step_ms`."""
        return buckets_of(self._numbers(key, begin, end), step_ms)

    async def raw(self, key: SeriesKey, *, begin: int, end: int) -> RawColumn:
        """The good readings between two times (end excluded)."""
        found = self._numbers(key, begin, end)
        good = [row for row in found if not self.quality.get((key, row[0]), "").startswith("uncertain:")]
        return RawColumn([at for at, _ in good], [value for _, value in good])

    async def stored(self, profile: str, point: str, *, begin: int, end: int) -> Sequence[StoredSeries]:
        """Which devices have usable readings of a point between two times (end excluded)."""
        found = [
            key
            for key, values in self._series.items()
            if (key.profile, key.point) == (profile, point) and any(begin <= at < end for at in values)
        ]
        found.sort(key=lambda key: (key.gateway, key.device))
        return [StoredSeries(self._sites[key.gateway, key.device], key) for key in found]

    async def minutes(self, device: DeviceKey, *, begin: int, end: int) -> Sequence[RolledPoint]:
        """Every numeric point of a device between two full minutes, in windows of a minute."""
        mine = [key for key in self._series if DeviceKey(key.profile, key.gateway, key.device) == device]
        site = self._sites.get((device.gateway, device.device), "")
        points = [RolledPoint(site, key, minutes_of(self._numbers(key, begin, end))) for key in mine]
        return [point for point in points if point.windows]

    async def purge(self, *, begin: int, end: int) -> int:
        """Forgets readings, codes and events between two times (end excluded)."""
        gone = 0
        for values in self._series.values():
            old = [at for at in values if begin <= at < end]
            gone += len(old)
            for at in old:
                del values[at]
        codes = {(key, at): code for (key, at), code in self.quality.items() if not begin <= at < end}
        gone += len(self.quality) - len(codes)
        self.quality = codes
        self.events = {name: one for name, one in self.events.items() if not begin <= one.event.at < end}
        return gone

    async def latest(self, key: SeriesKey) -> tuple[int, Cell] | None:
        """Time and value of the newest usable reading."""
        return max(self._series.get(key, {}).items(), key=itemgetter(0), default=None)

    async def count(self, key: SeriesKey) -> int:
        """How many usable readings the series holds."""
        return len(self._series.get(key, {}))

    async def check(self) -> str:
        """Memory is always well."""
        return "memory: nothing survives the process"

    async def close(self) -> None:
        """Nothing to let go of."""

    def _numbers(self, key: SeriesKey, begin: int, end: int) -> list[tuple[int, float]]:
        values = sorted(self._series.get(key, {}).items())
        return [(at, float(value)) for at, value in values if begin <= at < end and isinstance(value, int | float)]

    def _keep(self, block: Columns) -> None:
        self._sites[block.gateway, block.device] = block.site
        for point, cells in block.points.items():
            usable = {at: cell for at, cell in zip(block.times, cells, strict=True) if cell is not None}
            if usable:
                self._series[SeriesKey(block.profile, block.gateway, block.device, point)] |= usable
        for point, marks in block.quality.items():
            key = SeriesKey(block.profile, block.gateway, block.device, point)
            self.quality |= {(key, block.times[position]): code for position, code in marks}
