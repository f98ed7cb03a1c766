"""Photos and signatures on disk by digest; what comes in parts waits beside them until it is whole and proved.

```
 <data_dir>/commissioning/<first two digits>/<sha256>      whole, never changed again
                          parts/<record>-<sha256>          what has come so far
```
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from device_profiles.folders import make_lasting

FOLDER = "commissioning"
PARTS = "parts"


class Contents:
    """Synchronous: off the event loop, and one part of a file at a time."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / FOLDER

    def path(self, sha256: str) -> Path:
        """Where a content is once it is whole."""
        return self._folder / sha256[:2] / sha256

    def is_whole(self, sha256: str) -> bool:
        """Whether a content is kept."""
        return self.path(sha256).is_file()

    def received(self, record: str, sha256: str) -> int:
        """How many bytes of a file have come and are on disk."""
        try:
            return self._part(record, sha256).stat().st_size
        except FileNotFoundError:
            return 0

    def add(self, record: str, sha256: str, content: bytes) -> int:
        """Puts a part behind those that have come, on disk; says how many bytes there are now."""
        part = self._part(record, sha256)
        make_lasting(part.parent, mode=0o700)
        with part.open("ab") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            return file.tell()

    def settle(self, record: str, sha256: str) -> bytes | None:
        """Makes the parts a content when its digest is right, and gives its first bytes; else throws them away."""
        part, whole = self._part(record, sha256), self.path(sha256)
        with part.open("rb") as file:
            proved = hashlib.file_digest(file, "sha256").hexdigest() == sha256
            file.seek(0)
            head = file.read(4096)
        if not proved:
            part.unlink()
            return None
        make_lasting(whole.parent, mode=0o700)
        part.replace(whole)
        _sync(whole.parent)
        return head

    def drop(self, sha256: str) -> None:
        """Throws a content away that turned out to be no picture."""
        self.path(sha256).unlink(missing_ok=True)

    def _part(self, record: str, sha256: str) -> Path:
        return self._folder / PARTS / f"{record}-{sha256}"


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
