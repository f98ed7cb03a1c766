"""Keeps dead letters: one JSON line each, one file per day, on disk before anything is receipted."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from cloud.errors import StoreUnavailableError
from cloud.ingest.deadletters import DeadLetter, lines_of


class Graveyard:
    """The folder of dead letters. Blocks: call it in a worker thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def bury(self, letters: Sequence[DeadLetter], *, at: int) -> None:
        """Returns when the letters are on disk; StoreUnavailableError when the disk does not take them."""
        path = self._folder / f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%d}.jsonl"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            is_new = not path.exists()
            with path.open("ab") as file:
                file.write(lines_of(letters, at=at))
                file.flush()
                os.fsync(file.fileno())
            if is_new:
                _sync_folder(self._folder)
        except OSError as error:
            raise StoreUnavailableError(f"{path}: {error.strerror}") from error


def _sync_folder(folder: Path) -> None:
    """A new file is only safe when its name is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
