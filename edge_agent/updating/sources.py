"""Where releases come from: the centre, asked as a member of its fleet, or a folder that somebody brought along."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec

from device_profiles.wire.errors import WireError
from device_profiles.wire.releases import SignedRelease, Version, parse_release
from edge_agent.connector import EdgeError
from edge_agent.identity.centre import Answer, Question
from edge_agent.identity.errors import AwayError

RELEASES = "/api/v1/releases"
MANIFEST = "release.json"  # in a folder: the signed manifest, the wheels beside it
PARTIAL = 206
NOT_FOUND = 404
T = TypeVar("T")


class SourceAwayError(EdgeError):
    """The releases cannot be reached now; trying again may help."""


class NoSuchReleaseError(EdgeError):
    """The source answers, and has no such release or file."""


class Source(Protocol):
    """Hands out releases; believes nothing and promises nothing: whoever asks checks the signature."""

    async def releases(self) -> Sequence[str]:
        """The versions that there are, newest last."""

    async def manifest(self, version: str) -> SignedRelease:
        """The manifest of a version as it was signed."""

    async def part(self, version: str, name: str, *, offset: int, length: int) -> bytes:
        """At most so many bytes of a file from this offset on; never none."""


class Member(Protocol):
    """The centre, asked in this gateway's name."""

    async def ask(self, question: Question) -> Answer:
        """The answer, also when it says no; AwayError when there is none."""


class _Page(msgspec.Struct):
    items: list[dict[str, object]]


class CentreSource:
    """The centre's releases. `member` gives the way to the centre, or None while this box belongs to nobody."""

    def __init__(self, member: Callable[[], Member | None]) -> None:
        self._member = member

    async def releases(self) -> Sequence[str]:
        """What the centre offers."""
        page = _decoded(await self._ask(RELEASES), _Page)
        return [str(item.get("version", "")) for item in page.items]

    async def manifest(self, version: str) -> SignedRelease:
        """The manifest of a version as it was signed."""
        return _decoded(await self._ask(f"{RELEASES}/{version}/manifest"), SignedRelease)

    async def part(self, version: str, name: str, *, offset: int, length: int) -> bytes:
        """One request, small enough to get through a thin link within its time."""
        answer = await self._ask(f"{RELEASES}/{version}/files/{name}", wanted=f"bytes={offset}-{offset + length - 1}")
        if answer.status != PARTIAL or not 0 < len(answer.body) <= length:
            raise SourceAwayError(f"the centre answers {len(answer.body)} bytes, HTTP {answer.status}, for a part")
        return answer.body

    async def _ask(self, target: str, *, wanted: str = "") -> Answer:
        member = self._member()
        if member is None:
            raise SourceAwayError("this gateway has not joined a centre")
        try:
            answer = await member.ask(Question("GET", target, headers={"Range": wanted} if wanted else {}))
        except AwayError as error:
            raise SourceAwayError(str(error)) from error
        if answer.status == NOT_FOUND:
            raise NoSuchReleaseError(answer.detail or "the centre has no such release")
        if not answer.good:
            raise SourceAwayError(f"HTTP {answer.status} {answer.reason} {answer.detail}".strip())
        return answer


class FolderSource:
    """A release in a folder, such as a USB stick: `release.json` and the wheels."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def releases(self) -> Sequence[str]:
        """The one that lies there."""
        try:
            return [parse_release((await self._signed()).body).version]
        except WireError as error:
            raise NoSuchReleaseError(f"{self._folder / MANIFEST}: {error}") from error

    async def manifest(self, version: str) -> SignedRelease:
        """The manifest, if it is of this version."""
        if [version] != await self.releases():
            raise NoSuchReleaseError(f"{self._folder} holds no release {version}")
        return await self._signed()

    async def part(self, version: str, name: str, *, offset: int, length: int) -> bytes:
        """Bytes of a wheel."""

        def read() -> bytes:
            with (self._folder / name).open("rb") as file:
                file.seek(offset)
                return file.read(length)

        piece = await self._read(read)
        if not piece:
            raise NoSuchReleaseError(f"{self._folder / name} is shorter than its manifest of {version} says")
        return piece

    async def _signed(self) -> SignedRelease:
        return signed_release_in(await self._read((self._folder / MANIFEST).read_bytes))

    async def _read(self, read: Callable[[], bytes]) -> bytes:
        try:
            return await asyncio.to_thread(read)
        except FileNotFoundError as error:
            raise NoSuchReleaseError(f"{error.filename} is not there") from error
        except OSError as error:
            raise SourceAwayError(str(error)) from error


def signed_release_in(content: bytes) -> SignedRelease:
    """The signed manifest in a file's content; NoSuchReleaseError when it is none."""
    try:
        return msgspec.json.decode(content, type=SignedRelease)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NoSuchReleaseError(f"{MANIFEST} is no signed manifest: {error}") from error


def newest_first(versions: Sequence[str]) -> list[str]:
    """Sorted as people expect; what is no version is left out."""
    known = [version for version in versions if _is_version(version)]
    return sorted(known, key=Version.of, reverse=True)


def _is_version(text: str) -> bool:
    try:
        Version.of(text)
    except WireError:
        return False
    return True


def _decoded(answer: Answer, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SourceAwayError(f"the centre answers something else: {error}") from error
