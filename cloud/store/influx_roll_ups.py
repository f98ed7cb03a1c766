"""Roll-ups in InfluxDB: a database for each grain, because every generation knows retention by database.

river_gauge_1h,device=…,gateway=…,site=… level_m_min=1.5,…_max=…,…_sum=…,…_count=60i,…_last=… 1700000000000
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from cloud.store.base import SeriesKey
from cloud.store.influx_admin import provide_database, quoted
from cloud.store.influx_door import InfluxDoor, InfluxSettings
from cloud.store.influx_sender import Sender
from cloud.store.line_protocol import is_storable
from cloud.store.roll_up import Grain, Rolled, RolledPoint
from device_profiles.clock import Clock, SystemClock

log = logging.getLogger(__name__)

FIELDS = ("min", "max", "sum", "count", "last")


class InfluxRollUps:
    """The databases `<database>_1m`, `<database>_15m` and `<database>_1h` of one server."""

    def __init__(self, settings: InfluxSettings, keep_days: Mapping[Grain, int], *, clock: Clock | None = None) -> None:
        self._places = {
            grain: replace(
                settings, database=f"{settings.database}_{grain.name}", retention_policy="", retention_days=days
            )
            for grain, days in keep_days.items()
        }
        self._doors = {grain: InfluxDoor(place) for grain, place in self._places.items()}
        self._senders = {
            grain: Sender(self._doors[grain], place, clock or SystemClock()) for grain, place in self._places.items()
        }

    async def open(self) -> None:
        """Makes the databases where they are missing."""
        for grain, door in self._doors.items():
            await provide_database(door, self._places[grain], await door.ping())

    async def write(self, grain: Grain, points: Sequence[RolledPoint]) -> None:
        """Commits all of it; windows that are older than the grain's retention are let go by the server."""
        lines = b"".join(encode_rolled(grain, points))
        refused = await self._senders[grain].send(lines, "ms") if lines else []
        if refused:
            facts = {"grain": grain.name, "lines": len(refused), "reason": refused[0][1]}
            log.warning("roll-ups refused", extra=facts)

    async def windows(self, key: SeriesKey, grain: Grain, *, begin: int, end: int) -> Sequence[Rolled]:
        """The point's windows that begin between two times (end excluded), rising."""
        if not is_storable("any", key.gateway, key.device, key.profile, key.point):
            return []
        asked = ", ".join(quoted(f"{key.point}_{name}") for name in FIELDS)
        where = f"gateway = '{key.gateway}' AND device = '{key.device}' AND time >= {begin}ms AND time < {end}ms"
        question = f"SELECT {asked} FROM {quoted(f'{key.profile}_{grain.name}')} WHERE {where}"  # noqa: S608 -- proven
        series = await self._doors[grain].query(question)
        return [
            Rolled(int(at), float(low), float(high), float(total), int(count), float(last))
            for each in series
            for at, low, high, total, count, last in each["values"]
            if count is not None
        ]

    async def purge(self, grain: Grain, *, before: int) -> int:
        """Nothing: the retention of the databases does it."""
        return 0

    async def close(self) -> None:
        """Closes the connections."""
        for door in self._doors.values():
            await door.close()


def encode_rolled(grain: Grain, points: Sequence[RolledPoint]) -> Iterator[bytes]:
    """One line per device, site and window, with the fields of all its points."""
    lines: defaultdict[tuple[str, int], list[str]] = defaultdict(list)
    for point in points:
        key, name = point.key, point.key.point
        prefix = f"{key.profile}_{grain.name},device={key.device},gateway={key.gateway},site={point.site}"
        for window in point.windows:
            lines[prefix, window.begin].append(
                f"{name}_min={window.minimum!r},{name}_max={window.maximum!r},{name}_sum={window.total!r},"
                f"{name}_count={window.count}i,{name}_last={window.last!r}"
            )
    for (prefix, begin), fields in lines.items():
        yield f"{prefix} {','.join(fields)} {begin}\n".encode()
