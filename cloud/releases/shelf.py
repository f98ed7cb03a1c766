"""The releases that this centre hands out: one folder each, whole from the moment it has its name."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cloud.releases.making import SIGNED, ReleaseError, check_files, read_signed
from device_profiles.folders import make_lasting
from device_profiles.wire.errors import WireError
from device_profiles.wire.releases import Release, SignedRelease, Version, read_release, release_key

FOLDER: Final = "releases"
MANY: Final = 100


@dataclass(frozen=True, slots=True)
class Offer:
    """One release as it is listed. `made_at` in ms since 1970 UTC, `size` in bytes over all its files."""

    version: str
    minimum: str
    made_at: int
    files: int
    size: int
    note_vi: str
    note_en: str


class Shelf:
    """Reads the folder anew each time: what the console adds is there at once."""

    def __init__(self, folder: Path) -> None:
        """`folder` is `<data_dir>/releases`."""
        self._folder = folder

    def offers(self) -> Sequence[Offer]:
        """All releases, newest first; what cannot be read is left out."""
        if not self._folder.is_dir():
            return []
        found = [self._release(path.name) for path in self._folder.iterdir() if not path.name.startswith(".")]
        known = sorted(filter(None, found), key=lambda each: Version.of(each.version), reverse=True)
        return [offer_of(release) for release in known][:MANY]

    def manifest(self, version: str) -> SignedRelease | None:
        """The manifest as it was signed; None when there is no such release."""
        if self._release(version) is None:
            return None
        return read_signed(self._folder / version)[0]

    def file(self, version: str, name: str) -> Path | None:
        """Where a file of a release lies; None when the release does not name it."""
        release = self._release(version)
        if release is None or name not in {file.name for file in release.files}:
            return None
        return self._folder / version / name

    def add(self, folder: Path, *, key_text: str = "") -> Release:
        """Takes a signed release in, files checked against it, and the signature when a key is named; ReleaseError."""
        signed, release = read_signed(folder)
        if key_text:
            try:
                read_release(signed, release_key(key_text))
            except WireError as error:
                raise ReleaseError(str(error)) from error
        check_files(folder, release.files)
        home = self._folder / release.version
        if home.exists():
            raise ReleaseError(f"release {release.version} is there already; a version never changes")
        partial = self._folder / f".{release.version}.part"
        try:
            make_lasting(self._folder)
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir()
            for name in (SIGNED, *(file.name for file in release.files)):
                _copy(folder / name, partial / name)
            _sync(partial)
            partial.rename(home)
            _sync(self._folder)
        except OSError as error:
            raise ReleaseError(f"{home}: {error}") from error
        return release

    def _release(self, version: str) -> Release | None:
        try:
            Version.of(version)
            release = read_signed(self._folder / version)[1]
        except (WireError, ReleaseError):
            return None
        return release if release.version == version else None


def offer_of(release: Release) -> Offer:
    """How a release is listed."""
    size = sum(file.size for file in release.files)
    return Offer(
        release.version, release.minimum, release.made_at, len(release.files), size, release.note_vi, release.note_en
    )


def _copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
    _sync(target)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
