"""Small disks for tests that fill them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers import ServerError


@contextmanager
def small_disk(folder: Path, *, megabytes: int = 2) -> Iterator[Path]:
    """A disk of so many megabytes, mounted on a new folder; ServerError when this user may not mount one."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, check=False, timeout=10)
    if done.returncode:
        raise ServerError(f"a small disk cannot be mounted: run `make test` as root\n{done.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True, timeout=10)
