"""What the embedded stores share: how a file is opened, and how SQLite's failures are told."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cloud.errors import StoreUnavailableError

BUSY_S = 10.0


def connect(path: Path, *, cache_kib: int) -> sqlite3.Connection:
    """A connection without transactions of its own, usable on any thread, durable at each commit."""
    connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")  # a receipt follows the commit: it must survive a power cut
    connection.execute(f"PRAGMA cache_size = -{cache_kib}")
    return connection


def opened(connection: sqlite3.Connection | None) -> sqlite3.Connection:
    """The connection; StoreUnavailableError before `open` and after `close`."""
    if connection is None:
        raise StoreUnavailableError("the store of readings is not open")
    return connection


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turns SQLite's failures into ours."""
    try:
        yield
    except sqlite3.Error as error:
        raise StoreUnavailableError(f"{path}: {error}") from error
