"""The folder that an FTP server fills: what came, what is whole, and where it goes when it was read.

```
 KCNPN_NT01_20240908101500.txt ──┬─ settled, read, safe on disk ──▶ done/       keep_days
                                 └─ cannot be understood ─────────▶ refused/    keep_days
```

`done` is the memory, too: the same file once more is recognised by its name and contents, so nothing else is kept.
Links, pipes and everything that is no plain file are left where they are; they are never opened.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from edge_agent.connector import LinkError
from edge_agent.connectors.station_file.config import StationFileConnection
from edge_agent.connectors.station_file.names import in_order, is_of

DONE, REFUSED = "done", "refused"
AT_ONCE = 50  # files of a station that was long away; the others follow with the next look
DAY_NS = 86_400 * 10**9
COPIES = 20  # of one name with different contents


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file that has not changed for a while; `age_s` says how long."""

    name: str
    mark: tuple[int, int, int]
    age_s: float


class Folder:
    """Owns what it saw of the files that are still there."""

    def __init__(self, connection: StationFileConnection) -> None:
        self._connection = connection
        self._path = connection.folder
        self._seen: dict[str, tuple[tuple[int, int, int], float]] = {}
        self._spent: dict[str, tuple[int, int, int]] = {}  # delivered, and could not be put away
        self._clear_at = 0.0

    def look(self, now_s: float) -> list[Arrival]:
        """The oldest files that have settled, in order; LinkError when the folder cannot be used."""
        marks = self._marks()
        self._seen = {
            name: (mark, before[1] if (before := self._seen.get(name)) and before[0] == mark else now_s)
            for name, mark in marks.items()
        }
        self._spent = {name: mark for name, mark in self._spent.items() if marks.get(name) == mark}
        settled = [
            Arrival(name, mark, now_s - since)
            for name in in_order(self._seen)
            for mark, since in (self._seen[name],)
            if now_s - since >= self._connection.settled_s and name not in self._spent
        ]
        return settled[:AT_ONCE]

    def contents(self, name: str) -> bytes | None:
        """The bytes of a file; None when it is too long, no plain file any more, or gone."""
        return _contents(self._path / name, self._connection.max_bytes)

    def known(self, name: str) -> list[bytes]:
        """What files of this name held that were read before."""
        places = (self._path / DONE / spelling for spelling in _spellings(name))
        return [held for place in places if (held := _contents(place, self._connection.max_bytes)) is not None]

    def put_away(self, arrival: Arrival, contents: bytes, *, to: str = DONE) -> None:
        """Takes a file out of the way, for good: what was delivered is not delivered again."""
        self._spent[arrival.name] = arrival.mark
        source = self._path / arrival.name
        try:
            if self._connection.keep_days == 0:
                source.unlink()
            else:
                store = self._path / to
                store.mkdir(exist_ok=True)
                os.utime(source)  # it stays so long from now on
                os.replace(source, store / _free_spelling(store, arrival.name, contents))
                _flush(store)
            _flush(self._path)
        except FileNotFoundError:
            return  # the station took it back
        except OSError as error:
            raise LinkError("folder", f"{arrival.name} cannot be put away: {error}") from error

    def clear(self, now_s: float, now_ms: int) -> None:
        """Removes what was kept long enough; once an hour."""
        if now_s < self._clear_at or self._connection.keep_days == 0:
            return
        self._clear_at = now_s + 3600
        oldest = now_ms * 10**6 - self._connection.keep_days * DAY_NS
        for store in (DONE, REFUSED):
            with suppress(OSError), os.scandir(self._path / store) as entries:
                for entry in entries:
                    if entry.is_file(follow_symlinks=False) and entry.stat(follow_symlinks=False).st_mtime_ns < oldest:
                        os.unlink(entry.path)

    def _marks(self) -> dict[str, tuple[int, int, int]]:
        """Every file of the station, with what changes when it is written."""
        if not os.access(self._path, os.W_OK | os.X_OK):
            raise LinkError("folder", f"{self._path} is missing, or may not be written by the agent")
        marks: dict[str, tuple[int, int, int]] = {}
        try:
            with os.scandir(self._path) as entries:
                for entry in entries:
                    if is_of(self._connection.station, entry.name) and entry.is_file(follow_symlinks=False):
                        seen = entry.stat(follow_symlinks=False)
                        marks[entry.name] = (seen.st_ino, seen.st_size, seen.st_mtime_ns)
        except OSError as error:
            raise LinkError("folder", f"{self._path} cannot be read: {error}") from error
        return marks


def _contents(path: Path, max_bytes: int) -> bytes | None:
    try:
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with os.fdopen(number, "rb") as file:
        if not stat.S_ISREG(os.fstat(number).st_mode):
            return None
        contents = file.read(max_bytes + 1)
    return contents if len(contents) <= max_bytes else None


def _spellings(name: str) -> Iterator[str]:
    """The name, then those under which further files of this name are kept."""
    yield name
    yield from (f"{name}.{number}" for number in range(2, COPIES + 1))


def _free_spelling(store: Path, name: str, contents: bytes) -> str:
    """Where a file goes: over one that holds the same, else beside it."""
    for spelling in _spellings(name):
        place = store / spelling
        if not os.path.lexists(place) or _contents(place, len(contents)) == contents:
            return spelling
    return f"{name}.{hashlib.sha256(contents).hexdigest()[:8]}"


def _flush(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(number)
    finally:
        os.close(number)
