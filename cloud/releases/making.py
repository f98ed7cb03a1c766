"""Makes a release of a folder of wheels, and signs it with a key that the centre never holds."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cloud.errors import CloudError
from device_profiles.wire.errors import WireError
from device_profiles.wire.releases import (
    DISTRIBUTION,
    KEY_BYTES,
    Release,
    ReleaseFile,
    SignedRelease,
    parse_release,
    sign_release,
)

UNSIGNED: Final = "release.unsigned.json"
SIGNED: Final = "release.json"
OUTBOX_IN_WHEEL: Final = "edge_agent/outbox/sqlite.py"
_SCHEMA: Final = re.compile(r"^SCHEMA_VERSION = (\d+)$", re.MULTILINE)


class ReleaseError(CloudError):
    """The release cannot be made, signed or taken: its text says why."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person says of a release; everything else is read from its wheels."""

    minimum: str
    note_vi: str = ""
    note_en: str = ""


def make_release(folder: Path, wishes: Wishes, *, made_at: int) -> Release:
    """Writes the unsigned manifest of the wheels in a folder; ReleaseError."""
    wheels = sorted(folder.glob("*.whl"))
    ours = [wheel for wheel in wheels if wheel.name.startswith(f"{DISTRIBUTION}-")]
    if len(ours) != 1:
        raise ReleaseError(f"{folder} holds {len(ours)} wheels of {DISTRIBUTION}; one it must be")
    release = Release(
        v=1,
        version=ours[0].name.split("-")[1],
        minimum=wishes.minimum,
        outbox=_outbox_of(ours[0]),
        made_at=made_at,
        files=[file_of(wheel) for wheel in wheels],
        note_vi=wishes.note_vi,
        note_en=wishes.note_en,
    )
    body = msgspec.json.encode(release)
    try:
        parse_release(body.decode())
    except WireError as error:
        raise ReleaseError(str(error)) from error
    (folder / UNSIGNED).write_bytes(body)
    return release


def sign_folder(folder: Path, key: Ed25519PrivateKey) -> Release:
    """Checks the wheels against the unsigned manifest, and signs it; ReleaseError."""
    try:
        release = parse_release((folder / UNSIGNED).read_text(encoding="utf-8"))
    except (OSError, WireError) as error:
        raise ReleaseError(f"{folder / UNSIGNED}: {error}") from error
    check_files(folder, release.files)
    (folder / SIGNED).write_bytes(msgspec.json.encode(sign_release(release, key)))
    return release


def read_signed(folder: Path) -> tuple[SignedRelease, Release]:
    """The signed manifest of a folder, and what it says; nobody has checked the signature. ReleaseError."""
    try:
        signed = msgspec.json.decode((folder / SIGNED).read_bytes(), type=SignedRelease)
        return signed, parse_release(signed.body)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, WireError) as error:
        raise ReleaseError(f"{folder / SIGNED}: {error}") from error


def check_files(folder: Path, files: Sequence[ReleaseFile]) -> None:
    """Passes when every file is what the manifest says; ReleaseError names the first that is not."""
    for file in files:
        path = folder / file.name
        if not path.is_file():
            raise ReleaseError(f"{path} is not there")
        if file_of(path) != file:
            raise ReleaseError(f"{path} is not what the manifest says")


def file_of(path: Path) -> ReleaseFile:
    """A wheel as the manifest names it."""
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return ReleaseFile(path.name, path.stat().st_size, digest)


def make_key(path: Path) -> Ed25519PrivateKey:
    """A new release key in a new file that we alone may read; ReleaseError when there is one."""
    key = Ed25519PrivateKey.generate()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise ReleaseError(f"{path}: {error.strerror}; a release key is never replaced, gateways believe it") from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(base64.b64encode(key.private_bytes_raw()) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return key


def read_key(path: Path) -> Ed25519PrivateKey:
    """The release key in a file; ReleaseError."""
    try:
        raw = base64.b64decode(path.read_text(encoding="ascii").strip(), validate=True)
    except (OSError, ValueError) as error:
        raise ReleaseError(f"{path}: cannot be read as a key ({error})") from error
    if len(raw) != KEY_BYTES:
        raise ReleaseError(f"{path}: is not an Ed25519 key")
    return Ed25519PrivateKey.from_private_bytes(raw)


def _outbox_of(wheel: Path) -> int:
    """The version of the outbox file that this program writes: read from it, so that nobody forgets to say it."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            found = _SCHEMA.search(archive.read(OUTBOX_IN_WHEEL).decode())
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise ReleaseError(f"{wheel}: is not a wheel of the gateway program ({error})") from error
    if found is None:
        raise ReleaseError(f"{wheel}: does not say which outbox it writes")
    return int(found[1])
