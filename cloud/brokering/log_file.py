"""Follows a log that another program writes: what is new in it, again and again; emptied before it grows large."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

PIECE: Final = 1024 * 1024  # read at once
FULL: Final = 16 * 1024 * 1024  # of a memory disk of 64 MiB
LONGEST_LINE: Final = 70_000  # a topic may have 64 KiB


class LogFile:
    """Begins at the end: what happened while nobody looked is nobody's news.

    The writer appends (O_APPEND), so the file may be emptied under it. What it writes between our last look and the
    emptying, some microseconds once in 16 MiB, is lost.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._place: int | None = None
        self._file_id = (0, 0)
        self._rest = b""
        self.has_more = False  # the last look did not reach the end
        with suppress(OSError):  # news is what comes from now on, however late the first look is
            standing = path.stat()
            self._place, self._file_id = standing.st_size, (standing.st_dev, standing.st_ino)

    def new_lines(self) -> list[str]:
        """Whole lines since the last call, at most `PIECE` bytes; OSError when the file cannot be read."""
        if self._place is None and not self._path.exists():
            self._place = 0  # what comes then is news
        with self._path.open("rb") as file:
            standing = os.fstat(file.fileno())
            self._find_place(standing)
            file.seek(self._place or 0)
            piece = file.read(PIECE)
        self._place = (self._place or 0) + len(piece)
        self.has_more = len(piece) == PIECE
        if not piece and self._place >= FULL:
            os.truncate(self._path, 0)
            self._place = 0
        *whole, self._rest = (self._rest + piece).split(b"\n")
        if len(self._rest) > LONGEST_LINE:
            self._rest = b""
        return [each.decode(errors="replace") for each in whole]

    def _find_place(self, standing: os.stat_result) -> None:
        file_id = (standing.st_dev, standing.st_ino)
        if self._place is None:
            self._place = standing.st_size
        elif file_id != self._file_id or standing.st_size < self._place:  # another file, or emptied by somebody else
            self._place, self._rest = 0, b""
        self._file_id = file_id
