"""Files that survive a power cut at any moment: a reader finds the old content or the new one, never half of it."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from device_profiles.folders import make_lasting

SECRET_MODE = 0o600
PRIVATE_FOLDER = 0o700


def write_lasting(path: Path, content: bytes, *, mode: int = SECRET_MODE) -> None:
    """Returns when the content is on disk under this name; OSError when not. A file has one writer at a time."""
    make_lasting(path.parent, mode=PRIVATE_FOLDER)
    beside = path.with_name(f".{path.name}.new")  # always the same: a kill leaves one behind, not one each time
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)  # whatever the umask is, and whatever a kill left behind
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        move_lasting(beside, path)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise


def move_lasting(source: Path, target: Path) -> None:
    """Returns when the file has its new name on disk; both names lie in one folder."""
    source.replace(target)
    sync_folder(target.parent)


def remove_lasting(path: Path) -> None:
    """Returns when the name is gone on disk; that it was never there is no error."""
    path.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Returns when the names in the folder are on disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
