"""Releases of the gateway program: what one holds, who signed it, and whether it fits a gateway; pure.

A release is a manifest and the wheels that it names, our own among them. The manifest travels as the exact text that
was signed (Ed25519, with the release key, which the centre does not hold: it passes releases on and cannot make one).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import total_ordering
from typing import Annotated, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Meta

from device_profiles.wire.codec import decode, encode
from device_profiles.wire.errors import WireError
from device_profiles.wire.messages import Message

DISTRIBUTION: Final = "thacba"
MOST_FILES: Final = 200
MOST_BYTES: Final = 1 << 30
KEY_BYTES: Final = 32
_VERSION: Final = re.compile(r"(\d{1,6}(?:\.\d{1,6}){1,3})(?:(a|b|rc)(\d{1,6}))?")
_WHEEL: Final = re.compile(
    r"(?P<name>[A-Za-z0-9_.]+)-(?P<version>[A-Za-z0-9_.!+]+)(?:-\d\w*)?"
    r"-(?P<python>[a-z0-9_.]+)-(?P<abi>[a-z0-9_.]+)-(?P<platform>[A-Za-z0-9_.]+)\.whl"
)
_FINAL: Final = ("z", 0)  # behind every a, b and rc

VersionText = Annotated[str, Meta(pattern=r"^\d{1,6}(\.\d{1,6}){1,3}((a|b|rc)\d{1,6})?$", max_length=40)]
FileName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.!+-]*\.whl$", max_length=200)]
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]


class ReleaseFile(Message, frozen=True):
    """One wheel of a release."""

    name: FileName
    size: Annotated[int, Meta(ge=1, le=MOST_BYTES)]
    sha256: Sha256


class Release(Message, frozen=True):
    """The manifest. `minimum`: the oldest version that may be replaced by this one; `outbox`: of the file it writes."""

    v: Annotated[int, Meta(ge=1, le=1)]
    version: VersionText
    minimum: VersionText
    outbox: Annotated[int, Meta(ge=1)]
    made_at: Annotated[int, Meta(ge=0)]
    files: Annotated[list[ReleaseFile], Meta(min_length=1, max_length=MOST_FILES)]
    note_vi: Annotated[str, Meta(max_length=1000)] = ""
    note_en: Annotated[str, Meta(max_length=1000)] = ""


class SignedRelease(Message, frozen=True):
    """The exact text of a manifest and the signature over it, base64."""

    body: str
    signature: str


@total_ordering
@dataclass(frozen=True, slots=True)
class Version:
    """A version that can be compared: `0.9 < 0.10rc1 < 0.10`, and `0.10` is `0.10.0`."""

    numbers: tuple[int, ...]
    stage: tuple[str, int] = _FINAL

    @classmethod
    def of(cls, text: str) -> Version:
        """The version that a text names; WireError otherwise."""
        found = _VERSION.fullmatch(text)
        if found is None:
            raise WireError("version", f"{text[:40]!r} is not a version such as 0.2.1 or 0.3rc1")
        numbers = [int(each) for each in found[1].split(".")]
        while numbers and numbers[-1] == 0:
            numbers.pop()
        return cls(tuple(numbers), (found[2], int(found[3])) if found[2] else _FINAL)

    def __lt__(self, other: Version) -> bool:
        return (self.numbers, self.stage) < (other.numbers, other.stage)


def sign_release(release: Release, key: Ed25519PrivateKey) -> SignedRelease:
    """The manifest with the release key's signature."""
    body = encode(release)
    return SignedRelease(body=body.decode(), signature=base64.b64encode(key.sign(body)).decode())


def read_release(signed: SignedRelease, key: Ed25519PublicKey) -> Release:
    """The manifest, when the holder of the release key signed it; WireError says what is wrong otherwise."""
    try:
        key.verify(base64.b64decode(signed.signature, validate=True), signed.body.encode())
    except (InvalidSignature, binascii.Error, ValueError) as error:
        raise WireError("signature", "the release key did not sign this release") from error
    return parse_release(signed.body)


def parse_release(body: str) -> Release:
    """The manifest of a text that nobody vouches for; WireError when it makes no sense."""
    release = decode(body.encode(), Release)
    names = [file.name for file in release.files]
    if len(set(names)) != len(names):
        raise WireError("manifest", "names a file twice")
    if strange := [name for name in names if _WHEEL.fullmatch(name) is None]:
        raise WireError("manifest", f"{strange[0]!r} is not the name of a wheel")
    if not any(_is_ours(name, release.version) for name in names):
        raise WireError("manifest", f"lacks {DISTRIBUTION} {release.version} itself")
    if sum(file.size for file in release.files) > MOST_BYTES:
        raise WireError("manifest", f"holds more than {MOST_BYTES} bytes")
    return release


def release_key(text: str) -> Ed25519PublicKey:
    """The public half of a release key from base64; WireError otherwise."""
    try:
        raw = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise WireError("key", "is not base64") from error
    if len(raw) != KEY_BYTES:
        raise WireError("key", "is not an Ed25519 public key of 32 bytes")
    return Ed25519PublicKey.from_public_bytes(raw)


def may_follow(release: Release, running: str, *, outbox: int) -> str:
    """Why a gateway that runs this version, and reads outbox files up to this one, cannot take it; "" when it can."""
    if Version.of(running) < Version.of(release.minimum):
        return f"needs version {release.minimum} or newer to start from, and {running} runs"
    if release.outbox > outbox:
        return f"writes outbox {release.outbox}, and {running} could not read it after a return (it reads {outbox})"
    return ""


def files_for(release: Release, *, python: tuple[int, int], machine: str) -> Sequence[ReleaseFile]:
    """The wheels of a release that this Python on this machine needs."""
    return [file for file in release.files if wheel_fits(file.name, python=python, machine=machine)]


def wheel_fits(name: str, *, python: tuple[int, int], machine: str) -> bool:
    """Whether a wheel is for this CPython on Linux on this machine (`x86_64`, `aarch64`), by the tags in its name."""
    found = _WHEEL.fullmatch(name)
    if found is None:
        return False
    for_machine = any(
        tag == "any" or (tag.startswith(("linux_", "manylinux")) and tag.endswith(f"_{machine}"))
        for tag in found["platform"].split(".")
    )
    return for_machine and any(_fits_python(tag, found["abi"], python) for tag in found["python"].split("."))


def _is_ours(name: str, version: str) -> bool:
    found = _WHEEL.fullmatch(name)
    return found is not None and (found["name"], found["version"]) == (DISTRIBUTION, version)


def _fits_python(tag: str, abi: str, python: tuple[int, int]) -> bool:
    major, minor = python
    if tag in (f"py{major}", f"py{major}{minor}"):
        return True
    if not tag.startswith(f"cp{major}"):
        return False
    wanted = tag.removeprefix(f"cp{major}")
    if "abi3" in abi.split("."):
        return wanted.isdigit() and int(wanted) <= minor
    return wanted == str(minor)
