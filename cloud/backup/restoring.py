"""Makes a centre of a backup on an empty machine; whatever is wrong is said before anything is written."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import msgspec

from cloud.backup.parts import FORMAT, MANIFEST, SECRETS, BackupError, Manifest, is_inside
from cloud.backup.sealing import unseal
from cloud.store.sql_copy import SqlCopy

BLOCK = 1 << 20
LARGEST_MANIFEST = 256 << 20
STATE = "state/"


@dataclass(frozen=True, slots=True)
class Target:
    """Where the centre shall live: folders that are empty or not there."""

    data: Path
    readings: tuple[Path, ...]


def examined(archive: Path) -> Manifest:
    """What is inside, every part held against its digest; BackupError when it is not a whole backup."""
    try:
        with tarfile.open(archive, mode="r:") as members:
            manifest = _manifest(members)
            found: dict[str, str] = {}
            for entry in members:
                if entry.name != MANIFEST:
                    found[entry.name] = _digest(_content(members, entry))
    except (tarfile.TarError, OSError) as error:
        raise BackupError(f"{archive}: is not a backup, or damaged ({error})") from error
    wanted = {part.name: part.digest for part in manifest.parts}
    wrong = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
    if wrong:
        raise BackupError(f"{archive}: damaged: {', '.join(wrong[:5])}")
    outside = [name for name in found if not is_inside(name)]
    if outside:
        raise BackupError(f"{archive}: leads out of its folder: {outside[0]}")
    return manifest


def settings_back(archive: Path, folder: Path, *, passphrase: str) -> list[str]:
    """Puts back the settings that are not there; the names of those that are, and were left alone."""
    left = []
    for name, content in _all(archive, passphrase):
        if name.startswith("settings/"):
            path = folder / name.removeprefix("settings/")
            if path.exists():
                left.append(str(path))
            else:
                _put(path, content)
    return left


def restore(archive: Path, manifest: Manifest, target: Target, copy: SqlCopy, *, passphrase: str) -> int:
    """Fills data folder, readings and state; the rows of the state. The state comes last: until then nothing counts."""
    there = list(target.data.glob("*")) if target.data.exists() else []
    if there:
        raise BackupError(
            f"{target.data} is not empty ({there[0].name} ...): give an empty data_dir, or move that away"
        )
    by_name = {path.name: path for path in target.readings}
    for name, content in _all(archive, passphrase):
        if name.startswith("data/"):
            _put(target.data / name.removeprefix("data/"), content)
        elif name.startswith("readings/") and name.removeprefix("readings/") in by_name:
            _put(by_name[name.removeprefix("readings/")], content)
    return copy.write(manifest.revision, _tables(archive))


def _tables(archive: Path) -> Iterator[tuple[str, IO[bytes]]]:
    with tarfile.open(archive, mode="r:") as members:
        for entry in members:
            if entry.name.startswith(STATE):
                yield entry.name.removeprefix(STATE), _content(members, entry)


def _all(archive: Path, passphrase: str) -> Iterator[tuple[str, IO[bytes]]]:
    """Every member, those of the sealed part too."""
    with tarfile.open(archive, mode="r:") as members:
        for entry in members:
            content = _content(members, entry)
            if entry.name == SECRETS and passphrase:
                yield from _sealed(content.read(), passphrase)
            else:
                yield entry.name, content


def _sealed(content: bytes, passphrase: str) -> Iterator[tuple[str, IO[bytes]]]:
    with tarfile.open(fileobj=io.BytesIO(unseal(content, passphrase)), mode="r:") as members:
        for entry in members:
            if not is_inside(entry.name):
                raise BackupError(f"the secrets lead out of their folder: {entry.name}")
            yield entry.name, _content(members, entry)


def _manifest(members: tarfile.TarFile) -> Manifest:
    first = members.next()
    if first is None or first.name != MANIFEST or first.size > LARGEST_MANIFEST:
        raise BackupError("is not a backup of a centre: its first part is no manifest")
    try:
        manifest = msgspec.json.decode(_content(members, first).read(), type=Manifest)
    except msgspec.DecodeError as error:
        raise BackupError(f"its manifest cannot be read ({error})") from error
    if manifest.format != FORMAT:
        raise BackupError(f"it has format {manifest.format}, this program knows {FORMAT}: use the version that made it")
    return manifest


def _content(members: tarfile.TarFile, entry: tarfile.TarInfo) -> IO[bytes]:
    content = members.extractfile(entry) if entry.isreg() else None
    if content is None:
        raise BackupError(f"{entry.name}: is no plain file")
    return content


def _put(path: Path, content: IO[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        while block := content.read(BLOCK):
            file.write(block)
        file.flush()
        os.fsync(file.fileno())


def _digest(content: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while block := content.read(BLOCK):
        digest.update(block)
    return digest.hexdigest()
