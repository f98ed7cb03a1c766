"""Readings in one SQLite file: the embedded store of a laptop or a small centre without a server.

series(id, profile, gateway, device, point, site)     one row per point of a device
reading(series, at, value)                            clustered by series and time; writing again replaces
quality(series, at, code)    event(gateway, id, site, device, kind, at, facts)
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import msgspec

from cloud.store.base import Bucket, Columns, PlacedEvent, RawColumn, Rejection, SeriesKey, StoredSeries
from cloud.store.buckets import buckets_of
from cloud.store.roll_up import DAY_MS, DeviceKey, Rolled, RolledPoint
from cloud.store.soundness import refused, unsoundness
from cloud.store.sqlite_door import connect, opened, translated
from cloud.store.sqlite_raw import raw_page, stored_series
from device_profiles.wire.messages import Cell

SCHEMA = """
CREATE TABLE IF NOT EXISTS series(
  id INTEGER PRIMARY KEY, profile TEXT NOT NULL, gateway TEXT NOT NULL, device TEXT NOT NULL, point TEXT NOT NULL,
  site TEXT NOT NULL, UNIQUE(profile, gateway, device, point));
CREATE TABLE IF NOT EXISTS reading(
  series INTEGER NOT NULL, at INTEGER NOT NULL, value NOT NULL, PRIMARY KEY(series, at)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS quality(
  series INTEGER NOT NULL, at INTEGER NOT NULL, code TEXT NOT NULL, PRIMARY KEY(series, at)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS event(
  gateway TEXT NOT NULL, id TEXT NOT NULL, site TEXT NOT NULL, device TEXT NOT NULL, kind TEXT NOT NULL,
  at INTEGER NOT NULL, facts TEXT NOT NULL, PRIMARY KEY(gateway, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS canary(id INTEGER PRIMARY KEY CHECK(id = 1), written INTEGER NOT NULL);
"""
FIND_SERIES = "SELECT id FROM series WHERE profile = ? AND gateway = ? AND device = ? AND point = ?"
PUT_SERIES = (
    "INSERT INTO series(profile, gateway, device, point, site) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT(profile, gateway, device, point) DO UPDATE SET site = excluded.site RETURNING id"
)
PUT_READING = "INSERT INTO reading VALUES (?, ?, ?) ON CONFLICT(series, at) DO UPDATE SET value = excluded.value"
PUT_QUALITY = "INSERT INTO quality VALUES (?, ?, ?) ON CONFLICT(series, at) DO UPDATE SET code = excluded.code"
PUT_EVENT = "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT(gateway, id) DO NOTHING"
CACHE_KIB = 65_536  # the last pages of some ten thousand series: then a window touches the disk once
# SQLite's sum() of whole numbers may overflow, total() never; the last value is found by its time, in the same index.
FIND_MINUTES = """
SELECT grouped.begin, low, high, whole, amount, last.value FROM (
  SELECT at / 60000 * 60000 AS begin, min(value) AS low, max(value) AS high, total(value) AS whole,
    count(*) AS amount, max(at) AS newest
  FROM reading WHERE series = ?1 AND at >= ?2 AND at < ?3 AND typeof(value) != 'text' GROUP BY at / 60000) AS grouped
JOIN reading AS last ON last.series = ?1 AND last.at = newest ORDER BY grouped.begin
"""
PURGES = tuple(f"DELETE FROM {table} WHERE series = ? AND at >= ? AND at < ?" for table in ("reading", "quality"))  # noqa: S608
PURGE_EVENTS = "DELETE FROM event WHERE at >= ? AND at < ?"
SERIES_A_STEP = 50  # forgotten in one transaction, a day of each: a writer never waits long
Numbered = Sequence[tuple[Columns, dict[str, int]]]


class SqliteStore:
    """One writer connection and one for readers, each with its own lock; all work happens on worker threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: sqlite3.Connection | None = None
        self._reader: sqlite3.Connection | None = None
        self._writing, self._reading = threading.Lock(), threading.Lock()
        self._numbers: dict[tuple[str, ...], dict[str, int]] = {}  # profile, gateway, device, site -> point -> series

    async def open(self) -> None:
        """Makes file and tables; harmless when they are there."""
        await asyncio.to_thread(self._open)

    async def write(self, columns: Sequence[Columns], events: Sequence[PlacedEvent]) -> Sequence[Rejection]:
        """Commits all of it in one transaction; see the port."""
        reasons = [(index, block, unsoundness(block)) for index, block in enumerate(columns)]
        sound = [block for _, block, reason in reasons if not reason]
        if sound or events:
            await asyncio.to_thread(self._write, sound, events)
        return [refused(index, block, reason) for index, block, reason in reasons if reason]

    async def series(self, key: SeriesKey, *, begin: int, end: int, step_ms: int) -> Sequence[Bucket]:
        """The point between two times (end excluded), in buckets aligned to multiples of `step_ms`."""
        found = await self._ask(
            "SELECT at, value FROM reading WHERE series = ? AND at >= ? AND at < ? AND typeof(value) != 'text' "
            "ORDER BY at",
            key,
            begin,
            end,
        )
        return await asyncio.to_thread(buckets_of, found, step_ms)

    async def raw(self, key: SeriesKey, *, begin: int, end: int) -> RawColumn:
        """The good readings between two times (end excluded)."""
        found, following = RawColumn([], []), [begin]
        while following:
            page, following = await asyncio.to_thread(self._raw_page, key, following[0], end)
            found.times.extend(page.times)
            found.values.extend(page.values)
        return found

    async def stored(self, profile: str, point: str, *, begin: int, end: int) -> Sequence[StoredSeries]:
        """Which devices have usable readings of a point between two times (end excluded)."""
        return await asyncio.to_thread(self._stored, profile, point, begin, end)

    async def minutes(self, device: DeviceKey, *, begin: int, end: int) -> Sequence[RolledPoint]:
        """Every numeric point of a device between two full minutes, in windows of a minute."""
        return await asyncio.to_thread(self._minutes, device, begin, end)

    async def purge(self, *, begin: int, end: int) -> int:
        """Forgets readings, codes and events between two times (end excluded), in small steps."""
        gone, numbers = 0, await asyncio.to_thread(self._old_series, begin, end)
        for first in range(0, len(numbers), SERIES_A_STEP):
            some = numbers[first : first + SERIES_A_STEP]
            while (more := await asyncio.to_thread(self._forget, some, begin, end)) is not None:
                gone += more
        await asyncio.to_thread(self._forget_events, begin, end)
        return gone

    async def latest(self, key: SeriesKey) -> tuple[int, Cell] | None:
        """Time and value of the newest usable reading; a truth comes back as 1 or 0."""
        found = await self._ask("SELECT at, value FROM reading WHERE series = ? ORDER BY at DESC LIMIT 1", key)
        return found[0] if found else None

    async def count(self, key: SeriesKey) -> int:
        """How many usable readings the series holds."""
        return int((await self._ask("SELECT count(*), 0 FROM reading WHERE series = ?", key))[0][0])

    async def check(self) -> str:
        """One sentence on the file; StoreUnavailableError when it does not take a canary."""
        written = await asyncio.to_thread(self._send_canary)
        return f"SQLite {sqlite3.sqlite_version}, {self._path}, {written} canaries written"

    async def close(self) -> None:
        """Folds the log into the file and lets go of it."""
        await asyncio.to_thread(self._close)

    async def _ask(self, statement: str, key: SeriesKey, *more: int) -> list[tuple[int, Any]]:
        return await asyncio.to_thread(self._select, statement, key, *more)

    def _open(self) -> None:
        with translated(self._path), self._writing, self._reading:
            if self._writer is None:
                self._writer = connect(self._path, cache_kib=CACHE_KIB)
                self._writer.executescript(SCHEMA)
                self._reader = connect(self._path, cache_kib=CACHE_KIB)

    def _close(self) -> None:
        with self._writing, self._reading:
            for connection in (self._reader, self._writer):
                if connection is not None:
                    connection.close()
            self._reader = self._writer = None

    def _write(self, blocks: Sequence[Columns], events: Sequence[PlacedEvent]) -> None:
        with self._transaction() as writer:
            numbered = [(block, self._numbers_for(writer, block)) for block in blocks]
            writer.executemany(PUT_READING, chain.from_iterable(_reading_rows(numbered)))
            writer.executemany(PUT_QUALITY, _quality_rows(numbered))
            writer.executemany(PUT_EVENT, map(_event_row, events))

    def _send_canary(self) -> int:
        with self._transaction() as writer:
            writer.execute("INSERT INTO canary VALUES (1, 1) ON CONFLICT(id) DO UPDATE SET written = written + 1")
        with translated(self._path), self._reading:
            return int(opened(self._reader).execute("SELECT written FROM canary").fetchone()[0])

    def _select(self, statement: str, key: SeriesKey, *more: int) -> list[tuple[int, Any]]:
        with translated(self._path), self._reading:
            reader, names = opened(self._reader), (key.profile, key.gateway, key.device, key.point)
            found = reader.execute(FIND_SERIES, names).fetchone()
            return reader.execute(statement, (found[0] if found else -1, *more)).fetchall()

    def _raw_page(self, key: SeriesKey, begin: int, end: int) -> tuple[RawColumn, list[int]]:
        with translated(self._path), self._reading:
            reader, names = opened(self._reader), (key.profile, key.gateway, key.device, key.point)
            found = reader.execute(FIND_SERIES, names).fetchone()
            return raw_page(reader, found[0], begin, end) if found else (RawColumn([], []), [])

    def _stored(self, profile: str, point: str, begin: int, end: int) -> list[StoredSeries]:
        with translated(self._path), self._reading:
            return list(stored_series(opened(self._reader), profile, point, begin=begin, end=end))

    def _minutes(self, device: DeviceKey, begin: int, end: int) -> list[RolledPoint]:
        """One point after the other, so that a page that asks meanwhile waits for one of them at most."""
        with translated(self._path), self._reading:
            whose = "SELECT id, point, site FROM series WHERE profile = ? AND gateway = ? AND device = ?"
            names = (device.profile, device.gateway, device.device)
            series = opened(self._reader).execute(whose, names).fetchall()
        found = []
        for number, point, site in series:
            with translated(self._path), self._reading:
                rows = opened(self._reader).execute(FIND_MINUTES, (number, begin, end)).fetchall()
            if rows:
                windows = [Rolled(at, float(a), float(b), c, count, float(last)) for at, a, b, c, count, last in rows]
                found.append(RolledPoint(site, SeriesKey(*names, point), windows))
        return found

    def _old_series(self, begin: int, end: int) -> list[int]:
        old = "SELECT 1 FROM {} WHERE series = series.id AND at >= ?1 AND at < ?2"
        statement = f"SELECT id FROM series WHERE EXISTS ({old.format('reading')}) OR EXISTS ({old.format('quality')})"  # noqa: S608
        with translated(self._path), self._reading:
            return [row[0] for row in opened(self._reader).execute(statement, (begin, end))]

    def _forget(self, numbers: Sequence[int], begin: int, end: int) -> int | None:
        """The oldest day of some series; None when there is nothing left to forget."""
        marks = ", ".join("?" * len(numbers))
        oldest = " UNION ALL ".join(
            f"SELECT min(at) AS at FROM {table} WHERE series IN ({marks}) AND at >= ? AND at < ?"  # noqa: S608
            for table in ("reading", "quality")
        )
        with self._transaction() as writer:
            row = writer.execute(f"SELECT min(at) FROM ({oldest})", (*numbers, begin, end) * 2).fetchone()  # noqa: S608
            if row[0] is None:
                return None
            spans = [(number, row[0], min(end, row[0] + DAY_MS)) for number in numbers]
            return sum(max(0, writer.executemany(purge, spans).rowcount) for purge in PURGES)

    def _forget_events(self, begin: int, end: int) -> None:
        with self._transaction() as writer:
            writer.execute(PURGE_EVENTS, (begin, end))

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with translated(self._path), self._writing:
            writer = opened(self._writer)
            writer.execute("BEGIN IMMEDIATE")
            try:
                yield writer
                writer.execute("COMMIT")
            except BaseException:
                self._numbers.clear()  # some may have been given in what is now undone
                if writer.in_transaction:
                    writer.execute("ROLLBACK")
                raise

    def _numbers_for(self, writer: sqlite3.Connection, block: Columns) -> dict[str, int]:
        """The numbers of the block's series; new ones are given, and a device that moved takes its site along."""
        whose = (block.profile, block.gateway, block.device, block.site)
        known = self._numbers.setdefault(whose, {})
        for point in {*block.points, *block.quality} - known.keys():
            row = (block.profile, block.gateway, block.device, point, block.site)
            known[point] = writer.execute(PUT_SERIES, row).fetchone()[0]
        return known


def _reading_rows(numbered: Numbered) -> Iterator[Iterable[tuple[int, int, Cell]]]:
    """By point, so that the rows of one series lie together."""
    for block, numbers in numbered:
        for point, cells in block.points.items():
            rows = zip(repeat(numbers[point]), block.times, cells, strict=False)
            yield (row for row in rows if row[2] is not None) if None in cells else rows


def _quality_rows(numbered: Numbered) -> Iterator[tuple[int, int, str]]:
    for block, numbers in numbered:
        for point, marks in block.quality.items():
            yield from ((numbers[point], block.times[position], code) for position, code in marks)


def _event_row(placed: PlacedEvent) -> tuple[str, str, str, str, str, int, str]:
    event = placed.event
    facts = msgspec.json.encode(event.facts).decode()
    return (placed.gateway, event.id, placed.site, event.device, event.kind, event.at, facts)
