"""Roll-ups in a SQLite file of their own, so that writing them never keeps a reading waiting.

series(id, profile, gateway, device, point, site)
window(grain, series, begin, minimum, maximum, total, count, last)     clustered; writing again replaces
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cloud.store.base import SeriesKey
from cloud.store.roll_up import Grain, Rolled, RolledPoint
from cloud.store.sqlite_door import connect, opened, translated

SCHEMA = """
CREATE TABLE IF NOT EXISTS series(
  id INTEGER PRIMARY KEY, profile TEXT NOT NULL, gateway TEXT NOT NULL, device TEXT NOT NULL, point TEXT NOT NULL,
  site TEXT NOT NULL, UNIQUE(profile, gateway, device, point));
CREATE TABLE IF NOT EXISTS window(
  grain INTEGER NOT NULL, series INTEGER NOT NULL, begin INTEGER NOT NULL, minimum REAL NOT NULL,
  maximum REAL NOT NULL, total REAL NOT NULL, count INTEGER NOT NULL, last REAL NOT NULL,
  PRIMARY KEY(grain, series, begin)) WITHOUT ROWID;
"""
PUT_SERIES = (
    "INSERT INTO series(profile, gateway, device, point, site) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT(profile, gateway, device, point) DO UPDATE SET site = excluded.site RETURNING id"
)
PUT_WINDOW = "INSERT OR REPLACE INTO window VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
FIND_WINDOWS = (
    "SELECT begin, minimum, maximum, total, count, last FROM window WHERE grain = ? AND begin >= ? AND begin < ? "
    "AND series = (SELECT id FROM series WHERE profile = ? AND gateway = ? AND device = ? AND point = ?) ORDER BY begin"
)
CACHE_KIB = 16_384
SERIES_A_STEP = 200  # forgotten in one transaction: a writer never waits long


class SqliteRollUps:
    """One connection with one lock; all work happens on worker threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._lock = threading.Lock()

    async def open(self) -> None:
        """Makes file and tables; harmless when they are there."""
        await asyncio.to_thread(self._open)

    async def write(self, grain: Grain, points: Sequence[RolledPoint]) -> None:
        """Commits all of it in one transaction; see the port."""
        if points:
            await asyncio.to_thread(self._write, grain, points)

    async def windows(self, key: SeriesKey, grain: Grain, *, begin: int, end: int) -> Sequence[Rolled]:
        """The point's windows that begin between two times (end excluded), rising."""
        return await asyncio.to_thread(self._windows, key, (grain.step_ms, begin, end))

    async def purge(self, grain: Grain, *, before: int) -> int:
        """Forgets windows that begin before a time, some series a step."""
        gone, numbers = 0, await asyncio.to_thread(self._numbers)
        for first in range(0, len(numbers), SERIES_A_STEP):
            gone += await asyncio.to_thread(self._forget, grain, numbers[first : first + SERIES_A_STEP], before)
        return gone

    async def close(self) -> None:
        """Folds the log into the file and lets go of it."""
        await asyncio.to_thread(self._close)

    def _open(self) -> None:
        with translated(self._path), self._lock:
            if self._connection is None:
                self._connection = connect(self._path, cache_kib=CACHE_KIB)
                self._connection.executescript(SCHEMA)

    def _close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with translated(self._path), self._lock:
            connection = opened(self._connection)
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    def _write(self, grain: Grain, points: Sequence[RolledPoint]) -> None:
        with self._transaction() as connection:
            for point in points:
                key = point.key
                row = (key.profile, key.gateway, key.device, key.point, point.site)
                number = connection.execute(PUT_SERIES, row).fetchone()[0]
                connection.executemany(
                    PUT_WINDOW,
                    [(grain.step_ms, number, w.begin, w.minimum, w.maximum, w.total, w.count, w.last)
                     for w in point.windows],
                )  # fmt: skip

    def _windows(self, key: SeriesKey, span: tuple[int, int, int]) -> list[Rolled]:
        names = (key.profile, key.gateway, key.device, key.point)
        with translated(self._path), self._lock:
            rows = opened(self._connection).execute(FIND_WINDOWS, (*span, *names)).fetchall()
        return [Rolled(*row) for row in rows]

    def _numbers(self) -> list[int]:
        with translated(self._path), self._lock:
            return [row[0] for row in opened(self._connection).execute("SELECT id FROM series")]

    def _forget(self, grain: Grain, numbers: Sequence[int], before: int) -> int:
        with self._transaction() as connection:
            rows = [(grain.step_ms, number, before) for number in numbers]
            statement = "DELETE FROM window WHERE grain = ? AND series = ? AND begin < ?"
            return connection.executemany(statement, rows).rowcount
