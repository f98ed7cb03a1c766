"""Readings in InfluxDB 1.6 to 3 Core, through the interface that all of them share."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cloud.errors import StoreMisconfiguredError, StoreUnavailableError
from cloud.store.base import Bucket, Columns, PlacedEvent, RawColumn, Rejection, SeriesKey, StoredSeries
from cloud.store.influx_admin import provide_database, quoted
from cloud.store.influx_door import InfluxDoor, InfluxSettings
from cloud.store.influx_raw import fetch_raw, fetch_stored
from cloud.store.influx_sender import Precision, Sender
from cloud.store.line_protocol import (
    NotStorableError,
    encode_columns,
    encode_event,
    encode_quality,
    is_storable,
    time_of,
)
from cloud.store.roll_up import MINUTE, DeviceKey, Rolled, RolledPoint
from cloud.store.series_budget import SeriesBudget
from cloud.store.soundness import refused
from device_profiles.clock import Clock, SystemClock
from device_profiles.wire.messages import Cell

__all__ = ["InfluxSettings", "InfluxStore"]

ROLLED = ("min", "max", "sum", "count", "last")


@dataclass(slots=True)
class Body:
    """Lines that travel together, and which block each stretch of them comes from."""

    precision: Precision
    pieces: list[tuple[int, bytes]] = field(default_factory=list)
    size: int = 0

    def add(self, index: int, lines: bytes) -> None:
        """Takes one more stretch."""
        self.pieces.append((index, lines))
        self.size += len(lines)


class InfluxStore:
    """One database of one InfluxDB server. Events come behind the columns in the numbering of rejections."""

    def __init__(self, settings: InfluxSettings, *, clock: Clock | None = None) -> None:
        self._settings = settings
        self._clock = clock or SystemClock()
        self._door = InfluxDoor(settings)
        self._sender = Sender(self._door, settings, self._clock)
        self._budget = SeriesBudget(settings.series_per_gateway)

    async def open(self) -> None:
        """Makes the database where it is missing; also the slow probe after StoreMisconfiguredError."""
        await provide_database(self._door, self._settings, await self._door.ping())

    async def check(self) -> str:
        """One sentence on the server; StoreUnavailableError when a canary point does not come back."""
        server = await self._door.ping()
        at = await self._sender.send_canary()
        series = await self._door.query(f"SELECT last({quoted('at')}) FROM {self._measurement('canary')}")  # noqa: S608
        row = series[0]["values"][0] if series else [None, None]
        if row != [at, at]:
            database = self._settings.database
            raise StoreMisconfiguredError(f"{server} takes writes to {database} and loses them: look at its retention")
        return f"{server}, database {self._settings.database}"

    async def write(self, columns: Sequence[Columns], events: Sequence[PlacedEvent]) -> Sequence[Rejection]:
        """Commits all of it, but for what it returns as never storable; see the port."""
        rejections: list[Rejection] = []
        room = asyncio.Semaphore(self._sender.parallel)

        async def deliver(body: Body) -> None:
            async with room:
                lines = b"".join(lines for _, lines in body.pieces)
                bad_lines = await self._sender.send(lines, body.precision)
            if bad_lines:
                rejections.extend(_rejections(body, dict(bad_lines), columns, events))

        try:
            async with asyncio.TaskGroup() as group:
                for body in self._bodies(columns, events, rejections):
                    group.create_task(deliver(body))
                    await asyncio.sleep(0)  # what is ready leaves while the rest is still being encoded
        except* StoreUnavailableError as failures:
            raise _worst(failures) from failures
        return sorted(rejections, key=lambda rejection: rejection.index)

    async def series(self, key: SeriesKey, *, begin: int, end: int, step_ms: int) -> Sequence[Bucket]:
        """The point between two times (end excluded), in buckets aligned to multiples of `step_ms`."""
        x = quoted(key.point)
        asked = ", ".join(f"{function}({x})" for function in ("min", "max", "mean", "last", "count"))
        span = f"time >= {begin}ms AND time < {end}ms GROUP BY time({step_ms}ms) fill(none)"
        rows = await self._select(key, asked, span)
        return [
            Bucket(int(begin), float(low), float(high), float(mean), float(last), int(count))
            for begin, low, high, mean, last, count in rows
            if isinstance(mean, int | float)  # texts have no mean
        ]

    async def raw(self, key: SeriesKey, *, begin: int, end: int) -> RawColumn:
        """The good readings between two times (end excluded)."""
        whence = {"measurement": self._measurement(key.profile), "quality": self._measurement("quality")}
        return await fetch_raw(self._door, key, **whence, begin=begin, end=end)

    async def stored(self, profile: str, point: str, *, begin: int, end: int) -> Sequence[StoredSeries]:
        """Which devices have usable readings of a point between two times (end excluded)."""
        measurement = self._measurement(profile)
        return await fetch_stored(self._door, profile, point, measurement=measurement, begin=begin, end=end)

    async def minutes(self, device: DeviceKey, *, begin: int, end: int) -> Sequence[RolledPoint]:
        """Every numeric point of a device between two full minutes, in windows of a minute, by site."""
        if not is_storable("any", device.gateway, device.device, device.profile):
            return []
        asked = ", ".join(f"{function}(*)" for function in ROLLED)
        where = f"gateway = '{device.gateway}' AND device = '{device.device}' AND time >= {begin}ms AND time < {end}ms"
        question = (
            f"SELECT {asked} FROM {self._measurement(device.profile)} WHERE {where} "  # noqa: S608 -- proven names
            f"GROUP BY time({MINUTE.step_ms}ms), site fill(none)"
        )
        return [point for series in await self._door.query(question) for point in _rolled_points(device, series)]

    async def purge(self, *, begin: int, end: int) -> int:
        """Nothing: the retention of the database does it."""
        return 0

    async def latest(self, key: SeriesKey) -> tuple[int, Cell] | None:
        """Time and value of the newest usable reading; a truth comes back as 1 or 0."""
        rows = await self._select(key, f"last({quoted(key.point)})")
        return (int(rows[0][0]), rows[0][1]) if rows else None

    async def count(self, key: SeriesKey) -> int:
        """How many usable readings the series holds."""
        rows = await self._select(key, f"count({quoted(key.point)})")
        return int(rows[0][1]) if rows else 0

    async def close(self) -> None:
        """Closes the connections."""
        await self._door.close()

    def _bodies(
        self, columns: Sequence[Columns], events: Sequence[PlacedEvent], rejections: list[Rejection]
    ) -> Iterator[Body]:
        """Everything in bodies below the cap; what may not be sent goes to the rejections at once."""
        body = Body("ms")
        for index, block in enumerate(columns):
            try:
                lines = self._lines_of(block)
            except NotStorableError as error:
                rejections.append(refused(index, block, str(error)))
                continue
            if body.size + len(lines) > self._sender.body_bytes and body.pieces:
                yield body
                body = Body("ms")
            body.add(index, lines)
        if body.size:
            yield body
        body = Body("ns")
        for index, placed in enumerate(events, start=len(columns)):
            refusal = self._budget.refusal_of_event(placed)
            if refusal:
                rejections.append(Rejection(index, (placed.event.at,), 1, refusal))
            else:
                body.add(index, encode_event(placed))
        if body.size:
            yield body  # the sender cuts it when it is too large: events are few

    def _lines_of(self, block: Columns) -> bytes:
        refusal = self._budget.refusal(block)
        if refusal:
            raise NotStorableError(refusal)
        return encode_columns(block) + encode_quality(block)

    async def _select(self, key: SeriesKey, asked: str, span: str = "") -> list[list[Any]]:
        """The rows of a question on one point; none for a name that no series can have."""
        if not is_storable("any", key.gateway, key.device, key.profile, key.point):
            return []
        where = f"gateway = '{key.gateway}' AND device = '{key.device}'" + (f" AND {span}" if span else "")
        question = f"SELECT {asked} FROM {self._measurement(key.profile)} WHERE {where}"  # noqa: S608 -- proven names
        series = await self._door.query(question)
        return [row for each in series for row in each["values"]]

    def _measurement(self, name: str) -> str:
        policy = self._settings.retention_policy
        return f"{quoted(policy)}.{quoted(name)}" if policy else quoted(name)


def _rolled_points(device: DeviceKey, series: Mapping[str, Any]) -> Iterator[RolledPoint]:
    """The points of one site, from columns that are called after function and point; texts have no sum."""
    place = {name: number for number, name in enumerate(series["columns"])}
    for name in place:
        function, _, point = name.partition("_")
        if function != "sum" or not point:
            continue
        low, high, total, count, last = (place[f"{each}_{point}"] for each in ROLLED)
        windows = [
            Rolled(int(row[0]), float(row[low]), float(row[high]), float(row[total]), int(row[count]), float(row[last]))
            for row in series["values"]
            if row[count]
        ]
        if windows:
            key = SeriesKey(device.profile, device.gateway, device.device, point)
            yield RolledPoint(series.get("tags", {}).get("site", ""), key, windows)


def _rejections(
    body: Body, reasons: Mapping[bytes, str], columns: Sequence[Columns], events: Sequence[PlacedEvent]
) -> Iterator[Rejection]:
    """What the refused lines of a body were, by block and reason."""
    for index, lines in body.pieces:
        found: defaultdict[str, list[bytes]] = defaultdict(list)
        for line in lines.splitlines(keepends=True):
            if line in reasons:
                found[reasons[line]].append(line)
        for reason, bad in found.items():
            if index >= len(columns):
                yield Rejection(index, (events[index - len(columns)].event.at,), 1, reason)
            else:
                times = tuple(sorted({time_of(line) for line in bad}))
                yield Rejection(index, times, sum(_readings_in(columns[index], line) for line in bad), reason)


def _readings_in(block: Columns, line: bytes) -> int:
    """How many readings of the ledger one line holds: its values, or its bad code (an uncertain one has a value)."""
    if line.startswith(b"quality,"):
        return int(b'code="bad:' in line)
    row = block.times.index(time_of(line))
    return sum(cells[row] is not None for cells in block.points.values())


def _worst(failures: ExceptionGroup[StoreUnavailableError]) -> StoreUnavailableError:
    """Of several failures of one write the one that says most: wrong settings, then the longest wait."""
    leaves = [error for error in failures.exceptions if isinstance(error, StoreUnavailableError)]
    return max(leaves, key=lambda error: (isinstance(error, StoreMisconfiguredError), error.retry_after_s or 0.0))
