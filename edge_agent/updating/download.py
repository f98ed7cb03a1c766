"""The files of one release on their way to this gateway: fetched in parts, kept where they are, proven before use.

```
updates/download/<version>/release.json     the manifest as it was signed
                          /<wheel>.part     as far as it has come
                          /<wheel>          whole; proven again from the disk before it is installed
```
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from device_profiles.folders import make_lasting
from device_profiles.wire.errors import WireError
from device_profiles.wire.releases import Release, ReleaseFile, SignedRelease, files_for, may_follow, read_release
from edge_agent.connector import EdgeError
from edge_agent.updating.record import sync_folder
from edge_agent.updating.sources import MANIFEST, signed_release_in

FOLDER = "download"
UNPACKED = 5  # wheels unpacked and compiled take about four times their size
RESERVE_BYTES = 64 << 20  # the outbox and the log need room, too
CHUNK = 1 << 20


class UpdateRefusedError(EdgeError):
    """This release is not for this gateway, or is damaged at its source; trying the same again never helps."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a release must keep to on this gateway."""

    key: Ed25519PublicKey | None  # None: this gateway takes no release
    running: str
    outbox: int  # newest version of the outbox file that the running program reads
    max_bytes: int
    python: tuple[int, int] = (sys.version_info[0], sys.version_info[1])
    machine: str = platform.machine()


@dataclass(frozen=True, slots=True)
class Shipment:
    """One release that this gateway may take: its manifest, and the files that it needs of it."""

    folder: Path
    release: Release
    files: Sequence[ReleaseFile]

    @property
    def size(self) -> int:
        """Bytes of all files that are needed."""
        return sum(file.size for file in self.files)

    @property
    def here(self) -> int:
        """Bytes of them that are here."""
        return sum(self.offset(file) for file in self.files)

    @property
    def wheels(self) -> list[Path]:
        """The files, once they are here."""
        return [self.folder / file.name for file in self.files]

    def offset(self, file: ReleaseFile) -> int:
        """How much of a file is here; a part that is longer than it may be counts as nothing."""
        for path in (self.folder / file.name, self._part(file)):
            if path.exists():
                size = path.stat().st_size
                return size if size <= file.size else 0
        return 0

    def wanting(self) -> ReleaseFile | None:
        """The next file that is not whole; None when all are."""
        return next((file for file in self.files if not (self.folder / file.name).exists()), None)

    def append(self, file: ReleaseFile, piece: bytes, *, offset: int) -> None:
        """Adds a piece; a whole file gets its name when its bytes are on disk."""
        part = self._part(file)
        with part.open("r+b" if offset else "wb") as open_part:
            open_part.seek(offset)
            open_part.write(piece)
            open_part.flush()
            os.fsync(open_part.fileno())
        if offset + len(piece) == file.size:
            part.rename(self.folder / file.name)
        sync_folder(self.folder)

    def damaged(self) -> list[ReleaseFile]:
        """The files that are not what the manifest says, read back from the disk; they are taken away."""
        wrong = [file for file in self.files if not _is_as_promised(self.folder / file.name, file)]
        for file in wrong:
            (self.folder / file.name).unlink(missing_ok=True)
        sync_folder(self.folder)
        return wrong

    def _part(self, file: ReleaseFile) -> Path:
        return self.folder / f"{file.name}.part"


def begin(updates: Path, signed: SignedRelease, version: str, terms: Terms) -> Shipment:
    """Checks a manifest that came in, and keeps it; UpdateRefusedError says why it is not for this gateway."""
    folder = updates / FOLDER / version
    shipment = _shipment(folder, signed, version, terms)
    make_lasting(folder)
    fresh = folder / f".{MANIFEST}.new"
    with fresh.open("wb") as file:
        file.write(msgspec.json.encode(signed))
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(folder / MANIFEST)
    sync_folder(folder)
    return shipment


def resume(updates: Path, version: str, terms: Terms) -> Shipment:
    """The shipment as it was begun, checked anew; UpdateRefusedError when its manifest is not there any more."""
    folder = updates / FOLDER / version
    try:
        content = (folder / MANIFEST).read_bytes()
    except FileNotFoundError as error:
        raise UpdateRefusedError(f"the manifest of {version} is not on the disk any more") from error
    return _shipment(folder, signed_release_in(content), version, terms)


def check_room(shipment: Shipment, *, root: Path) -> None:
    """Passes when the disk has room for files and version; UpdateRefusedError otherwise."""
    needed = {shipment.folder: shipment.size - shipment.here, root: shipment.size * UNPACKED}
    for place, size in needed.items():
        free = shutil.disk_usage(place).free
        if free < size + RESERVE_BYTES:
            raise UpdateRefusedError(f"{place} has {free >> 20} MiB left and {(size + RESERVE_BYTES) >> 20} are needed")


def discard(updates: Path) -> None:
    """Takes away what was fetched."""
    shutil.rmtree(updates / FOLDER, ignore_errors=True)


def _shipment(folder: Path, signed: SignedRelease, version: str, terms: Terms) -> Shipment:
    if terms.key is None:
        raise UpdateRefusedError("gateway.toml names no release key that can be read: [updates] release_key")
    try:
        release = read_release(signed, terms.key)
    except WireError as error:
        raise UpdateRefusedError(str(error)) from error
    if release.version != version:
        raise UpdateRefusedError(f"version {version} was asked for, and the manifest is of {release.version}")
    if why := may_follow(release, terms.running, outbox=terms.outbox):
        raise UpdateRefusedError(why)
    files = files_for(release, python=terms.python, machine=terms.machine)
    if absent := _distributions(release.files) - _distributions(files):
        python = ".".join(map(str, terms.python))
        raise UpdateRefusedError(f"nothing of {', '.join(sorted(absent))} for Python {python} on {terms.machine}")
    shipment = Shipment(folder, release, files)
    if shipment.size > terms.max_bytes:
        raise UpdateRefusedError(f"{shipment.size >> 20} MiB, and at most {terms.max_bytes >> 20} are taken")
    return shipment


def _distributions(files: Sequence[ReleaseFile]) -> set[str]:
    return {re.sub(r"[-_.]+", "-", file.name.split("-")[0]).lower() for file in files}


def _is_as_promised(path: Path, file: ReleaseFile) -> bool:
    if not path.is_file() or path.stat().st_size != file.size:
        return False
    digest = hashlib.sha256()
    with path.open("rb") as content:
        while piece := content.read(CHUNK):
            digest.update(piece)
    return digest.hexdigest() == file.sha256
