"""Makes folders that survive a power cut: a file in them is only as safe as the names above it."""

from __future__ import annotations

import os
from pathlib import Path


def make_lasting(folder: Path, *, mode: int = 0o777) -> None:
    """Makes the folder and those above it, and returns when their names are on disk; OSError when it cannot."""
    new = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(mode=mode, parents=True, exist_ok=True)
    for each in new:
        descriptor = os.open(each.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
