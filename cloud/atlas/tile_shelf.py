"""Keeps the province's tiles: a file that comes in pieces takes its place whole, or leaves everything as it was."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec

from cloud.atlas.tiles import TileMap, TilesError
from device_profiles.folders import make_lasting

ABOUT: Final = "tiles.json"
MAX_BYTES: Final = 2 * 1024**3
ROOM: Final = 1024**3  # bytes that stay free on the disk: alarms and letters need it more


@dataclass(frozen=True, slots=True)
class About:
    """What is kept beside the tiles."""

    file: str
    digest: str
    by: str
    at: int


@dataclass(frozen=True, slots=True)
class KeptTiles:
    """The tiles that lie under the map."""

    map: TileMap
    about: About


class TileShelf:
    """Synchronous: callers on the event loop use a worker thread. Without a folder there are no tiles."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._kept: KeptTiles | None = None
        self._looked = False
        self._coming: set[str] = set()
        self._lock = threading.RLock()  # what is cleared away is never what somebody is about to keep

    def tiles(self) -> KeptTiles | None:
        """What lies under the map now; a file that somebody spoiled by hand is as good as none."""
        with self._lock:
            if not self._looked:
                self._look()
            return self._kept

    def _look(self) -> None:
        if self._folder is not None and not (self._folder / ABOUT).exists():
            self._clear()
        elif self._folder is not None:
            with contextlib.suppress(OSError, msgspec.DecodeError, ValueError, TilesError):
                about = msgspec.json.decode((self._folder / ABOUT).read_bytes(), type=About)
                self._kept = KeptTiles(TileMap(self._folder / Path(about.file).name), about)
                self._clear(but=about.file)
        self._looked = True

    def taking(self, expected: int) -> Arrival:
        """Begins to take a file of so many bytes (0 = nobody said); TilesError when there is no room for it."""
        if self._folder is None:
            raise TilesError("this centre keeps no map of its own")
        make_lasting(self._folder, mode=0o700)
        with self._lock:
            return Arrival(self._folder, expected, self._coming)

    def put(self, arrival: Arrival, *, by: str, at: int) -> KeptTiles:
        """The file that has come takes the place of the one before."""
        with self._lock:
            about = arrival.keep(by, at)
            folder = arrival.folder
            _write_safely(folder / ABOUT, msgspec.json.encode(about))
            self._kept, self._looked = KeptTiles(TileMap(folder / about.file), about), True
            self._clear(but=about.file)
            return self._kept

    def forget(self) -> None:
        """There are no tiles any more."""
        with self._lock:
            if self._folder is not None:
                (self._folder / ABOUT).unlink(missing_ok=True)
                self._clear()
            self._kept, self._looked = None, True

    def _clear(self, but: str = "") -> None:
        """Takes away what nobody uses any more, also what a crash left of a file on its way in."""
        if self._folder is not None:
            for path in (*self._folder.glob("tiles-*.pmtiles"), *self._folder.glob(".tiles-*.new")):
                if path.name != but and path.name not in self._coming:
                    path.unlink(missing_ok=True)


class Arrival:
    """A file on its way in; leaving the `with` before it is kept throws it away."""

    def __init__(self, folder: Path, expected: int, coming: set[str]) -> None:
        """`coming`: names of files that are on their way in, which nobody may clear away."""
        self.folder = folder
        self._room = shutil.disk_usage(folder).free - ROOM
        self._check(expected)
        descriptor, name = tempfile.mkstemp(prefix=".tiles-", suffix=".new", dir=folder)
        self._path, self._file, self._coming = Path(name), os.fdopen(descriptor, "wb"), coming
        coming.add(self._path.name)
        self._digest, self._size = hashlib.sha256(), 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()
        self._path.unlink(missing_ok=True)
        self._coming.discard(self._path.name)

    def write(self, part: bytes) -> None:
        """The next piece; TilesError when there is no room for it."""
        self._size += len(part)
        self._check(self._size)
        self._digest.update(part)
        self._file.write(part)

    def look(self) -> TileMap:
        """What has come, now that it is whole; TilesError when it is no map."""
        self._file.flush()
        os.fsync(self._file.fileno())
        return TileMap(self._path)

    def keep(self, by: str, at: int) -> About:
        """Gives the file its name."""
        digest = self._digest.hexdigest()
        about = About(f"tiles-{digest[:16]}.pmtiles", digest, by, at)
        self._path.replace(self.folder / about.file)
        return about

    def _check(self, size: int) -> None:
        if size > MAX_BYTES:
            raise TilesError(f"it has more than {MAX_BYTES} bytes: cut it to the province")
        if size > self._room:
            raise TilesError(f"the disk of the centre has room for {max(0, self._room)} bytes only")


def _write_safely(path: Path, content: bytes) -> None:
    passing = path.with_name(f".{path.name}.new")
    with passing.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    passing.replace(path)
