"""Files of the authority: written whole or not at all, on disk before anybody relies on them, keys for us alone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from cloud.errors import ConfigurationError

OTHERS: Final = 0o077


def write_private(path: Path, content: bytes) -> None:
    """Puts a secret into a file that only we can read."""
    _write(path, content, 0o600)


def write_public(path: Path, text: str) -> None:
    """Puts something into a file that everybody may read."""
    _write(path, text.encode(), 0o644)


def read_private(path: Path) -> bytes:
    """The secret in a file; ConfigurationError when others can read it, too."""
    if path.stat().st_mode & OTHERS:
        raise ConfigurationError(f"{path}: others can read it; chmod 600, and think about who has read it already")
    return path.read_bytes()


def _write(path: Path, content: bytes, mode: int) -> None:
    for folder in reversed([each for each in path.parents if not each.exists()]):
        folder.mkdir(mode=0o700)
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    entry = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(entry)
    finally:
        os.close(entry)
