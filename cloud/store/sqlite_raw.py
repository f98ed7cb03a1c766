"""Raw readings out of a SQLite file, page by page, so that nobody else waits long for the connection."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from cloud.store.base import RawColumn, SeriesKey, StoredSeries

PAGE = 20_000  # rows that one question brings: some ten milliseconds
FIND_RAW = (
    "SELECT at, CAST(value AS REAL) FROM reading WHERE series = ? AND at >= ? AND at < ? AND typeof(value) != 'text' "
    "ORDER BY at LIMIT ?"
)
FIND_DOUBTS = "SELECT at FROM quality WHERE series = ? AND at >= ? AND at <= ? AND code LIKE 'uncertain:%'"
FIND_STORED = (
    "SELECT gateway, device, site FROM series WHERE profile = ? AND point = ? "
    "AND EXISTS (SELECT 1 FROM reading WHERE series = series.id AND at >= ? AND at < ?) ORDER BY gateway, device"
)


def raw_page(reader: sqlite3.Connection, series: int, begin: int, end: int) -> tuple[RawColumn, list[int]]:
    """The good readings of one page, and when the next one begins, if there is one."""
    rows = reader.execute(FIND_RAW, (series, begin, end, PAGE)).fetchall()
    if not rows:
        return RawColumn([], []), []
    following = [rows[-1][0] + 1] if len(rows) == PAGE else []
    doubts = {row[0] for row in reader.execute(FIND_DOUBTS, (series, begin, rows[-1][0]))}
    good = [row for row in rows if row[0] not in doubts] if doubts else rows
    return RawColumn([at for at, _ in good], [value for _, value in good]), following


def stored_series(
    reader: sqlite3.Connection, profile: str, point: str, *, begin: int, end: int
) -> Iterator[StoredSeries]:
    """Whose readings of a point there are between two times."""
    for gateway, device, site in reader.execute(FIND_STORED, (profile, point, begin, end)):
        yield StoredSeries(site, SeriesKey(profile, gateway, device, point))
