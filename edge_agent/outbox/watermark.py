"""Remembers beside the outbox how far its numbers went, so that a file that went back in time is noticed."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

LENGTH = 40  # epoch, a space, the number, padding: always written in one piece over the old one


class Watermark:
    """A tiny file written after each commit, without fsync: it may lag behind the outbox, never run ahead of it."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)

    def raise_to(self, epoch: str, next_sequence: int) -> None:
        """Notes the next number of this epoch."""
        with suppress(OSError):  # a full disk; the mark may lag behind
            os.pwrite(self._file, f"{epoch} {next_sequence}".ljust(LENGTH).encode(), 0)

    def agrees(self, epoch: str, next_sequence: int) -> bool:
        """False when the noted number of this epoch is already beyond what the outbox knows."""
        words = os.pread(self._file, LENGTH, 0).split()
        if len(words) != 2 or not words[1].isdigit() or words[0].decode("ascii", "replace") != epoch:
            return True
        return int(words[1]) <= next_sequence

    def close(self) -> None:
        """Lets go of the file."""
        os.close(self._file)
