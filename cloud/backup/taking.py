"""Takes a backup, beside a running centre: one file that appears whole, or not at all."""

from __future__ import annotations

import hashlib
import io
import os
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import msgspec

from cloud.backup.parts import FORMAT, MANIFEST, SECRETS, BackupError, Manifest, Part, is_passing, is_secret
from cloud.backup.sealing import seal
from cloud.store.sql_copy import SqlCopy

BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Source:
    """What a centre consists of. `settings` is the folder of its TOML file."""

    copy: SqlCopy
    data: Path
    settings: Path
    readings: tuple[Path, ...]
    version: str


def take(source: Source, target: Path, *, passphrase: str, now: int) -> Manifest:
    """Writes the archive, readable by nobody else; without a passphrase the secrets stay out.

    The state database is read in one piece and first: files that came later are no harm, files that it names are there.
    """
    if any(target.resolve().is_relative_to(folder.resolve()) for folder in (source.data, source.settings)):
        raise BackupError(f"{target} lies in a folder that is backed up: choose a place outside it")
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=target.parent) as folder:
        work = Path(folder)
        revision = source.copy.read(lambda table, lines: _write(work / "state" / table, lines))
        for path in source.readings:
            if path.exists():
                _copy_database(path, work / "readings" / path.name)
        members = {f"{path.relative_to(work)}": path for path in sorted(work.rglob("*")) if path.is_file()}
        members |= dict(_files("data", source.data)) | dict(_files("settings", source.settings, but=source.data))
        open_ = {name: path for name, path in members.items() if not is_secret(name)}
        if passphrase:
            hidden = {name: path for name, path in members.items() if is_secret(name)}
            sealed = work / SECRETS
            sealed.write_bytes(seal(_archive(hidden), passphrase))
            open_[SECRETS] = sealed
        parts = [part for name, path in sorted(open_.items()) if (part := _part(name, path)) is not None]
        manifest = Manifest(FORMAT, now, source.version, revision, parts, bool(passphrase))
        _pack(manifest, open_, work / "backup.tar")
        (work / "backup.tar").replace(target)
    _sync(target.parent)
    return manifest


def _pack(manifest: Manifest, members: dict[str, Path], path: Path) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        with tarfile.open(fileobj=file, mode="w") as archive:
            _add(archive, MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=1))
            for part in manifest.parts:
                try:
                    with members[part.name].open("rb") as content:
                        archive.addfile(_entry(part.name, part.size), content)
                except OSError as error:
                    raise BackupError(f"{members[part.name]} changed while it was read ({error}): try again") from error
        file.flush()
        os.fsync(file.fileno())


def _archive(members: dict[str, Path]) -> bytes:
    into = io.BytesIO()
    with tarfile.open(fileobj=into, mode="w") as archive:
        for name, path in sorted(members.items()):
            _add(archive, name, path.read_bytes())
    return into.getvalue()


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    archive.addfile(_entry(name, len(content)), io.BytesIO(content))


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    return entry


def _files(root: str, folder: Path, *, but: Path | None = None) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*")):
        name = f"{root}/{path.relative_to(folder).as_posix()}"
        if but is not None and path.is_relative_to(but):
            continue
        if path.is_file() and not path.is_symlink() and not is_passing(name):
            yield name, path


def _part(name: str, path: Path) -> Part | None:
    """The file as long as it is now: one that grows meanwhile is taken up to here, one that is gone not at all."""
    try:
        size = path.stat().st_size
        return Part(name, size, _digest(path, size))
    except FileNotFoundError:
        return None


def _write(path: Path, lines: Iterator[bytes]) -> None:
    path.parent.mkdir(exist_ok=True)
    with path.open("wb") as file:
        file.writelines(lines)


def _copy_database(path: Path, target: Path) -> None:
    """One state of a SQLite file, also while somebody writes into it."""
    target.parent.mkdir(exist_ok=True)
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)


def _digest(path: Path, size: int) -> str:
    digest, left = hashlib.sha256(), size
    with path.open("rb") as file:
        while left and (block := file.read(min(BLOCK, left))):
            digest.update(block)
            left -= len(block)
    return digest.hexdigest()


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
