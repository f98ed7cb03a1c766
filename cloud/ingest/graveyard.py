"""Keeps dead letters: one JSON line each, one file per day, on disk before anything is receipted; no open one goes."""

from __future__ import annotations

import logging
import mmap
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import msgspec

from cloud.errors import StoreUnavailableError
from cloud.ingest.deadletters import DeadLetter, Handled, Headline, lines_of
from device_profiles.folders import make_lasting

log = logging.getLogger(__name__)

T = TypeVar("T")

FOLDER = "dead_letters"  # in the centre's data folder
HANDLED = "handled.jsonl"  # what people did with letters; a letter whose id stands here is no longer open
_headline = msgspec.json.Decoder(Headline)
_letter = msgspec.json.Decoder(DeadLetter)
_handled = msgspec.json.Decoder(Handled)


class Graveyard:
    """The folder of dead letters. Blocks: call it in a worker thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._appending = threading.Lock()  # the flow buries while somebody handles letters

    def bury(self, letters: Sequence[DeadLetter], *, at: int) -> None:
        """Returns when the letters are on disk; StoreUnavailableError when the disk does not take them."""
        self._append(f"{day_of(at)}.jsonl", lines_of(letters, at=at))

    def mark(self, handled: Handled) -> None:
        """Writes down, for good, what was done with a letter."""
        self._append(HANDLED, msgspec.json.encode(handled) + b"\n")

    def handled(self) -> dict[str, Handled]:
        """What was done with every letter that somebody handled."""
        marks = (_read(_handled, line) for _, line in self._lines(self._folder / HANDLED))
        return {mark.id: mark for mark in marks if mark is not None}

    def headlines(
        self, *, before: str | None = None, since: int = 0, holding: Sequence[bytes] = ()
    ) -> Iterator[tuple[str, Headline]]:
        """Every letter with its place, newest first; `before` is the place behind which the list starts.

        Passes over files of days before `since` (ms since 1970 UTC), and lines that lack any of the words `holding`.
        """
        day, _, offset = (before or "").partition(":")
        first = day_of(since)
        for path in self._days():
            if path.stem < first or (before and path.stem > day):
                continue
            for place, line in reversed(list(self._lines(path))):
                if before and path.stem == day and place >= int(offset):
                    continue
                if not all(words in line for words in holding):
                    continue
                headline = _read(_headline, line)
                if headline is not None:
                    yield f"{path.stem}:{place:012d}", headline

    def find(self, identifier: str) -> tuple[Headline, DeadLetter] | None:
        """A letter with its readings; None when there is none of that id."""
        for path in self._days():
            for line in _lines_with(path, f'"id":"{identifier}"'.encode()):
                headline = _read(_headline, line)
                if headline is not None and headline.id == identifier:
                    return headline, _letter.decode(line)
        return None

    def prune(self, *, before: int) -> int:
        """Lets the files go whose every letter was settled before a time, and their marks; says how many letters went.

        The files go first: a mark without its letter is harmless, a letter without its mark would be open again.
        """
        if not any(path.stem < day_of(before) for path in self._days()):
            return 0
        marks = self.handled()
        settled = {identifier for identifier, mark in marks.items() if mark.at < before}
        left: set[str] = set()
        gone = 0
        for path in self._days():
            letters = [_read(_headline, line) for _, line in self._lines(path)]
            known = [letter.id for letter in letters if letter is not None]
            if path.stem < day_of(before) and len(known) == len(letters) and settled.issuperset(known):
                _remove(path)
                gone += len(known)
            else:
                left.update(known)
        if gone:
            self._keep_marks(lambda mark: mark.id in left or mark.at >= before)
        return gone

    def _keep_marks(self, wanted: Callable[[Handled], bool]) -> None:
        """Writes the marks anew without the others, in one step."""
        path, aside = self._folder / HANDLED, self._folder / f"{HANDLED}.new"
        with self._appending:
            kept = [mark for mark in self.handled().values() if wanted(mark)]
            try:
                with aside.open("wb") as file:
                    file.write(b"".join(msgspec.json.encode(mark) + b"\n" for mark in kept))
                    file.flush()
                    os.fsync(file.fileno())
                aside.replace(path)
                _sync_folder(self._folder)
            except OSError as error:
                raise StoreUnavailableError(f"{path}: {error.strerror}") from error

    def _days(self) -> list[Path]:
        """The files of letters, newest first."""
        return sorted(self._folder.glob("????-??-??.jsonl"), reverse=True)

    def _lines(self, path: Path) -> Iterator[tuple[int, bytes]]:
        """Every line with the place where it begins."""
        try:
            with path.open("rb") as file:
                place = 0
                for line in file:
                    yield place, line
                    place += len(line)
        except FileNotFoundError:
            return
        except OSError as error:
            raise StoreUnavailableError(f"{path}: {error.strerror}") from error

    def _append(self, name: str, lines: bytes) -> None:
        path = self._folder / name
        try:
            make_lasting(self._folder)
            is_new = not path.exists()
            with self._appending, path.open("ab+") as file:
                file.write(_after_a_torn_line(file.tell(), path) + lines)
                file.flush()
                os.fsync(file.fileno())
            if is_new:
                _sync_folder(self._folder)
        except OSError as error:
            raise StoreUnavailableError(f"{path}: {error.strerror}") from error


def day_of(at: int) -> str:
    """The day whose file holds the letters of this time: 2026-11-22, UTC."""
    return f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%d}"


def _read(decoder: msgspec.json.Decoder[T], line: bytes) -> T | None:
    """The line as a value; a line torn by a power cut was never receipted, so it is passed over, not silently."""
    try:
        return decoder.decode(line)
    except msgspec.MsgspecError as error:
        log.warning("dead letter not readable", extra={"error": str(error), "bytes": len(line)})
        return None


def _remove(path: Path) -> None:
    try:
        path.unlink()
    except OSError as error:
        raise StoreUnavailableError(f"{path}: {error.strerror}") from error


def _lines_with(path: Path, words: bytes) -> Iterator[bytes]:
    """The lines of a file that hold these bytes; the file is searched as a whole, which is many times faster."""
    try:
        if path.stat().st_size == 0:  # the power went between the file's name and its first line
            return
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            place = content.find(words)
            while place >= 0:
                end = content.find(b"\n", place)
                end = len(content) if end < 0 else end
                yield content[content.rfind(b"\n", 0, place) + 1 : end]
                place = content.find(words, end)
    except FileNotFoundError:  # pruned a moment ago
        return
    except OSError as error:
        raise StoreUnavailableError(f"{path}: {error.strerror}") from error


def _after_a_torn_line(size: int, path: Path) -> bytes:
    """A line end when a power cut left the last line without one, so that it spoils only itself."""
    if size == 0:
        return b""
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return b"" if file.read(1) == b"\n" else b"\n"


def _sync_folder(folder: Path) -> None:
    """A new file is only safe when its name is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
