"""The shelf on disk: one SQLite file with one owner; what it says is kept survives a power cut."""

from __future__ import annotations

import os
import shutil
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import astuple, replace
from pathlib import Path
from typing import Any

import msgspec

from device_profiles.wire import Dropped
from edge_agent.outbox.base import Bounds, Compression, OutboxBrokenError, OutboxFullError, Priority
from edge_agent.outbox.memory import new_epoch
from edge_agent.outbox.shelf import Kept, Stock, Tally
from edge_agent.outbox.shelving import ShelfOutbox
from edge_agent.outbox.watermark import Watermark

FILE = "outbox.sqlite3"
SCHEMA_VERSION = 3
RESERVE_BYTES = 4 * 1024 * 1024  # of the disk, left free: the write-ahead log and everybody else need room too
CHECKPOINT_PAGES = 250  # 1 MB of write-ahead log, small enough for a small flash partition

# EXCLUSIVE: one owner, and no shared-memory file. FULL: an append returns after its fsync, so that a power cut
# takes nothing that was accepted (https://www.sqlite.org/pragma.html#pragma_synchronous).
PRAGMAS = (
    "PRAGMA locking_mode = EXCLUSIVE",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA mmap_size = 0",
    f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}",
)
SCHEMA = """
CREATE TABLE tally (one INTEGER PRIMARY KEY CHECK (one = 1), epoch TEXT NOT NULL, next_sequence INTEGER NOT NULL,
  accepted INTEGER NOT NULL, dropped_readings INTEGER NOT NULL, appended_bytes INTEGER NOT NULL,
  latest_at INTEGER NOT NULL);
CREATE TABLE batches (sequence INTEGER PRIMARY KEY, priority INTEGER NOT NULL, readings INTEGER NOT NULL,
  span_begin INTEGER NOT NULL, span_end INTEGER NOT NULL, appended_at INTEGER NOT NULL, carries INTEGER NOT NULL,
  size INTEGER NOT NULL, crc INTEGER NOT NULL, payload BLOB NOT NULL);
CREATE INDEX batches_by_priority ON batches (priority, sequence);
CREATE TABLE drops (first INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE produced (device TEXT PRIMARY KEY, readings INTEGER NOT NULL);
CREATE TABLE commands (id TEXT PRIMARY KEY, until INTEGER NOT NULL);
"""
# One step per version that an agent before this one may have left; a whole step or nothing of it.
STEPS = {
    1: """
ALTER TABLE batches ADD COLUMN boot TEXT NOT NULL DEFAULT '';
CREATE INDEX batches_undated ON batches (sequence) WHERE boot != '';
""",
    2: """
ALTER TABLE tally ADD COLUMN spent_day INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tally ADD COLUMN spent_bytes INTEGER NOT NULL DEFAULT 0;
""",
}
COLUMNS = "sequence, priority, readings, span_begin, span_end, appended_at, carries, payload, crc, boot"
# SQLITE_ERROR while opening: a table is missing, so this is no outbox.
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR})
SWEEP_BATCHES = 500  # at most so many are given up in one transaction
_drop_decoder = msgspec.json.Decoder(Dropped)


class DamagedError(OutboxBrokenError):
    """The file is not the sound outbox that was here; outbox/quarantine.py sets it aside."""


def sqlite_outbox(folder: Path, *, bounds: Bounds | None = None, compression: Compression = "zstd") -> ShelfOutbox:
    """The outbox in this folder; DamagedError when its file is not sound."""
    return ShelfOutbox(SqliteShelf(folder), bounds=bounds, compression=compression)


class SqliteShelf:
    """Batches in one file. The connection belongs to one thread at a time; the caller sees to that."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mark = Watermark(folder / "outbox.mark")
        self._base = _connect(folder / FILE)
        self._ready = False  # until then an error speaks of the file as found, afterwards of the disk
        try:
            self._prepare()
            self._ready = True
        except sqlite3.Error as error:
            self.close()
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            raise (DamagedError if code in _DAMAGED else OutboxBrokenError)(str(error)) from error
        except OutboxBrokenError:
            self.close()
            raise

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commits with an fsync at its end; a failing disk is told apart from a full one, and never tried again."""
        try:
            self._base.execute("BEGIN IMMEDIATE")
            yield
            tally = self.tally()
            self._base.execute("COMMIT")
        except sqlite3.Error as error:
            self._roll_back()
            raise _translated(error) from error
        except BaseException:
            self._roll_back()
            raise
        self._mark.raise_to(tally.epoch, tally.next_sequence)

    def tally(self) -> Tally:
        """The numbers as last written."""
        rows = self._read(
            "SELECT epoch, next_sequence, accepted, dropped_readings, appended_bytes, latest_at,"
            " spent_day, spent_bytes FROM tally"
        )
        if not rows:
            raise DamagedError("the outbox has lost its numbers")
        return Tally(*rows[0])

    def write_tally(self, tally: Tally) -> None:
        """Replaces the numbers."""
        self._base.execute("INSERT OR REPLACE INTO tally VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?)", astuple(tally))

    def put(self, kept: Kept) -> None:
        """Lays one batch down, with the checksum that it must still have when it is read."""
        self._base.execute(
            f"INSERT INTO batches ({COLUMNS}, size) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 -- constants
            (*_row(kept), _crc(kept), kept.boot, kept.size),
        )

    def remove(self, first: int, last: int) -> Stock:
        """Takes away every batch of this range."""
        gone = Stock(*self._read(_STOCK, (first, last))[0])
        if gone.batches:
            self._base.execute("DELETE FROM batches WHERE sequence BETWEEN ? AND ?", (first, last))
        return gone

    def stock(self) -> Stock:
        """What lies here now."""
        return Stock(*self._read(_STOCK, (0, 2**62))[0])

    def first_at(self) -> int:
        """When the batch with the lowest number was put down."""
        rows = self._read("SELECT appended_at FROM batches ORDER BY sequence LIMIT 1")
        return int(rows[0][0]) if rows else 0

    def room(self) -> int:
        """What the disk has left beyond the reserve, and the free pages inside the file."""
        disk = shutil.disk_usage(self._folder)
        inside = self._pragma("freelist_count") * self._pragma("page_size")
        return inside + disk.free - min(RESERVE_BYTES, disk.total // 8)

    def fold(self) -> None:
        """Makes the log part of the file."""
        self._pragma("wal_checkpoint(TRUNCATE)")

    def oldest(self, lowest: Priority) -> Kept | None:
        """The oldest batch of the least important priority."""
        found = self._kept("WHERE priority >= ? ORDER BY priority DESC, sequence LIMIT 1", (lowest,))
        return found[0] if found else None

    def appended_before(self, moment: int) -> Sequence[Kept]:
        """Batches put down before this moment: a run from the lowest number, for numbers rise with time."""
        rows = self._read("SELECT sequence FROM batches WHERE appended_at >= ? ORDER BY sequence LIMIT 1", (moment,))
        first = rows[0][0] if rows else 2**62
        return self._kept("WHERE sequence < ? ORDER BY sequence LIMIT ?", (first, SWEEP_BATCHES))

    def peek(self, priority: Priority, after: int, before: int, limit: int) -> Sequence[Kept]:
        """The first dated batches of a priority between two sequences."""
        where = "WHERE priority = ? AND sequence > ? AND sequence < ? AND boot = '' ORDER BY sequence LIMIT ?"
        return self._kept(where, (priority, after, before, limit))

    def undated(self, limit: int) -> Sequence[Kept]:
        """The first batches whose times count from the start of a boot."""
        return self._kept("WHERE boot != '' ORDER BY sequence LIMIT ?", (limit,))

    def fetch(self, sequences: Iterable[int]) -> Sequence[Kept]:
        """These batches, as far as they lie here."""
        return [kept for each in sorted(set(sequences)) for kept in self._kept("WHERE sequence = ?", (each,))]

    def drops(self) -> Sequence[Dropped]:
        """Drops that no batch declares yet."""
        return [_drop_decoder.decode(body) for (body,) in self._read("SELECT body FROM drops ORDER BY first")]

    def write_drops(self, drops: Sequence[Dropped]) -> None:
        """Replaces them."""
        self._base.execute("DELETE FROM drops")
        rows = [(drop.first, msgspec.json.encode(drop)) for drop in drops]
        self._base.executemany("INSERT INTO drops VALUES (?, ?)", rows)

    def count(self, readings: Mapping[str, int]) -> None:
        """Adds to the readings ever accepted per device."""
        self._base.executemany(
            "INSERT INTO produced VALUES (?, ?) ON CONFLICT (device)"
            " DO UPDATE SET readings = readings + excluded.readings",
            list(readings.items()),
        )

    def produced(self) -> Mapping[str, int]:
        """Readings ever accepted per device."""
        return dict(self._read("SELECT device, readings FROM produced"))

    def remember(self, command: str, until: int, forget_before: int) -> bool:
        """True when this command was unknown."""
        self._base.execute("DELETE FROM commands WHERE until < ?", (forget_before,))
        return self._base.execute("INSERT OR IGNORE INTO commands VALUES (?, ?)", (command, until)).rowcount == 1

    def close(self) -> None:
        """Lets go of the file and folds the log into it."""
        self._base.close()
        self._mark.close()

    def _prepare(self) -> None:
        for pragma in PRAGMAS:
            self._base.execute(pragma).fetchall()
        version = self._pragma("user_version")
        if version > SCHEMA_VERSION:
            raise OutboxBrokenError(f"the outbox was written by a newer agent (version {version}): upgrade this one")
        if version == 0:
            self._base.executescript("BEGIN;" + SCHEMA + "PRAGMA user_version = 1; COMMIT;")
        else:
            self._check_structure()
        for step in range(version or 1, SCHEMA_VERSION):
            self._base.executescript(f"BEGIN; {STEPS[step]} PRAGMA user_version = {step + 1}; COMMIT;")
        if version == 0:
            with self.transaction():
                self.write_tally(Tally(new_epoch()))
        self._check_numbers()

    def _check_structure(self) -> None:
        """A flipped bit in the structure must not be worked with."""
        verdict = self._read("PRAGMA quick_check(1)")[0][0]
        if verdict != "ok":
            raise DamagedError(str(verdict))

    def _check_numbers(self) -> None:
        """Nor a file that is older than the one that was here."""
        tally = self.tally()
        if not self._mark.agrees(tally.epoch, tally.next_sequence):
            raise DamagedError("the file is older than what was written last: numbers would be used twice")

    def _kept(self, where: str, values: Sequence[int]) -> list[Kept]:
        rows = self._read(f"SELECT {COLUMNS} FROM batches {where}", values)  # noqa: S608 -- constants
        return [_restored(row) for row in rows]

    def _pragma(self, name: str) -> int:
        return int(self._read(f"PRAGMA {name}")[0][0])

    def _read(self, statement: str, values: Sequence[int] = ()) -> list[tuple[Any, ...]]:
        try:
            return self._base.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            if self._ready:
                raise _translated(error) from error
            raise

    def _roll_back(self) -> None:
        with suppress(sqlite3.Error):  # the first error is the one to tell; an open transaction ends with the file
            if self._base.in_transaction:
                self._base.execute("ROLLBACK")


_STOCK = (
    "SELECT COUNT(*), COALESCE(SUM(readings), 0), COALESCE(SUM(size), 0), COALESCE(MIN(appended_at), 0),"
    " (SELECT COUNT(*) FROM batches WHERE boot != '' AND sequence BETWEEN ?1 AND ?2)"
    " FROM batches WHERE sequence BETWEEN ?1 AND ?2"
)


def _connect(path: Path) -> sqlite3.Connection:
    flags = os.O_RDWR | os.O_CREAT
    os.close(os.open(path, flags, 0o600))
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)


def _translated(error: sqlite3.Error) -> OutboxFullError | OutboxBrokenError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return OutboxFullError(str(error)) if code == sqlite3.SQLITE_FULL else OutboxBrokenError(str(error))


def _row(kept: Kept) -> tuple[int | bytes, ...]:
    span = (kept.begin, kept.end, kept.appended_at, kept.carries)
    return (kept.sequence, int(kept.priority), kept.readings, *span, kept.payload)


def _crc(kept: Kept) -> int:
    *head, payload = _row(kept)
    boot = zlib.crc32(kept.boot.encode())  # 0 without one, so that the checksum of a dated batch is that of version 1
    return zlib.crc32(repr(head).encode(), zlib.crc32(kept.payload if isinstance(payload, bytes) else b"", boot))


def _restored(row: tuple[int, int, int, int, int, int, int, bytes, int, str]) -> Kept:
    sequence, priority, readings, begin, end, appended_at, carries, payload, crc, boot = row
    kept = Kept(sequence, Priority(priority), readings, begin, end, appended_at, carries, payload, boot=boot)
    return kept if _crc(kept) == crc else replace(kept, intact=False)
