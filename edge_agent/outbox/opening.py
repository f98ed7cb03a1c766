"""Opens the outbox of a data folder: one agent at a time, and a damaged file set aside, never worked with."""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from device_profiles.folders import make_lasting
from edge_agent.lasting import write_lasting
from edge_agent.outbox.base import Bounds, Compression, OutboxBrokenError, OutboxTakenError
from edge_agent.outbox.shelving import ShelfOutbox
from edge_agent.outbox.sqlite import FILE, DamagedError, sqlite_outbox

log = logging.getLogger(__name__)

READ_AT_ONCE = 1024 * 1024
OWNER = "outbox.gateway"  # for whom the outbox keeps


@contextmanager
def open_outbox(
    folder: Path, *, now: int, bounds: Bounds | None = None, compression: Compression = "zstd", gateway: str = ""
) -> Iterator[ShelfOutbox]:
    """The outbox of this folder, locked against a second agent until it is let go.

    It is this `gateway`'s from now on: what was kept for another one never travels under its name. A box without a
    name keeps for whoever it becomes.
    """
    try:
        make_lasting(folder, mode=0o750)
        descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise OutboxBrokenError(f"{folder} cannot be used: {error.strerror}") from error
    with _locked(descriptor, folder):
        _keep_apart(folder, gateway, now)
        outbox = _opened(folder, now, bounds, compression)
        try:
            yield outbox
        finally:
            outbox.close()


def _opened(folder: Path, now: int, bounds: Bounds | None, compression: Compression) -> ShelfOutbox:
    _read_through(folder / FILE)
    try:
        return sqlite_outbox(folder, bounds=bounds, compression=compression)
    except DamagedError as error:
        aside = set_aside(folder, now)
        log.critical("outbox damaged, set aside, new epoch begun", extra={"error": str(error), "copy": str(aside)})
        return sqlite_outbox(folder, bounds=bounds, compression=compression)


def _keep_apart(folder: Path, gateway: str, now: int) -> None:
    """A box that became another gateway begins a new epoch, else the centre would wait for batches that never come."""
    file, owner = folder / OWNER, ""
    try:
        owner = file.read_text(encoding="utf-8").strip() if file.exists() else ""
        if not gateway or gateway == owner:
            return
        if owner and (folder / FILE).exists():
            aside = set_aside(folder, now)
            facts = {"was": owner, "is": gateway, "copy": str(aside)}
            log.critical("outbox of another gateway, set aside, new epoch begun", extra=facts)
        write_lasting(file, gateway.encode() + b"\n", mode=0o644)
    except OSError as error:
        if owner:
            raise OutboxBrokenError(f"{file} cannot be used: {error.strerror}") from error
        log.warning("outbox cannot be named", extra={"error": str(error)})  # a full disk keeps no gateway from starting


def _read_through(path: Path) -> None:
    """Brings the file into memory from begin to end: the check that follows hops about in it.

    After a power cut a week of 320 MB opens so in 3 s instead of 30. It must be over before SQLite has the file:
    closing a second descriptor would take its locks (https://www.sqlite.org/howtocorrupt.html, section 2.2).
    """
    with suppress(OSError), path.open("rb", buffering=0) as file:  # what cannot be read, the check will say
        while file.read(READ_AT_ONCE):
            pass


def set_aside(folder: Path, now: int) -> Path:
    """Moves the outbox's files out of the way under a name with the time, and says what the main one is called."""
    aside = folder / f"quarantine-{now}"
    aside.mkdir(exist_ok=True)
    for suffix in ("", "-wal", "-journal"):
        source = folder / (FILE + suffix)
        if source.exists():
            source.replace(aside / source.name)
    return aside / FILE


@contextmanager
def _locked(descriptor: int, folder: Path) -> Iterator[None]:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        cure = "stop it, or give this one its own data_dir"
        raise OutboxTakenError(f"another agent already works in {folder}: {cure}") from error
    try:
        yield
    finally:
        os.close(descriptor)
