"""Raw readings out of InfluxDB, page by page: no answer is larger than a page, whatever the stretch of time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from cloud.store.base import RawColumn, SeriesKey, StoredSeries
from cloud.store.influx_admin import quoted
from cloud.store.influx_door import InfluxDoor
from cloud.store.line_protocol import is_storable

PAGE = 10_000  # rows of one answer; below what servers cut answers to unless told otherwise


async def fetch_raw(
    door: InfluxDoor, key: SeriesKey, *, measurement: str, quality: str, begin: int, end: int
) -> RawColumn:
    """The good readings of a point between two times (end excluded); none for a name that no series can have."""
    if not is_storable("any", key.gateway, key.device, key.profile, key.point):
        return RawColumn([], [])
    whose = f"gateway = '{key.gateway}' AND device = '{key.device}'"
    doubted = f"SELECT code FROM {quality} WHERE {whose} AND point = '{key.point}' AND code =~ /^uncertain:/"  # noqa: S608
    asked = f"SELECT {quoted(key.point)} FROM {measurement} WHERE {whose}"  # noqa: S608 -- proven names
    doubts = {int(row[0]) async for row in _rows(door, doubted, begin, end)}
    times: list[int] = []
    values: list[float] = []
    async for at, value in _rows(door, asked, begin, end):
        is_new = not times or at > times[-1]  # a device that moved may have two rows of one time
        if is_new and at not in doubts and isinstance(value, int | float):
            times.append(int(at))
            values.append(float(value))
    return RawColumn(times, values)


async def fetch_stored(
    door: InfluxDoor, profile: str, point: str, *, measurement: str, begin: int, end: int
) -> list[StoredSeries]:
    """Whose readings of a point there are between two times; a device that moved is where it was last."""
    if not is_storable("any", "any", "any", profile, point):
        return []
    question = (
        f"SELECT last({quoted(point)}) FROM {measurement} "  # noqa: S608 -- proven names
        f"WHERE time >= {begin}ms AND time < {end}ms GROUP BY gateway, device, site"
    )
    newest: dict[tuple[str, str], tuple[int, str]] = {}
    for series in await door.query(question):
        tags, at = series["tags"], int(series["values"][0][0])
        whose = tags["gateway"], tags["device"]
        newest[whose] = max(newest.get(whose, (0, "")), (at, tags["site"]))
    return [StoredSeries(site, SeriesKey(profile, *whose, point)) for whose, (_, site) in sorted(newest.items())]


async def _rows(door: InfluxDoor, question: str, begin: int, end: int) -> AsyncIterator[list[Any]]:
    """The rows of a question, rising; the next page begins behind the last time of the one before."""
    while True:
        series = await door.query(f"{question} AND time >= {begin}ms AND time < {end}ms ORDER BY time LIMIT {PAGE}")
        rows = [row for each in series for row in each["values"]]
        for row in rows:
            yield row
        if len(rows) < PAGE:
            return
        begin = int(rows[-1][0]) + 1
