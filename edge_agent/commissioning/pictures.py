"""What a picture is, by its content alone, and whether it may be kept. Pure."""

from __future__ import annotations

from typing import Literal

from device_profiles.wire.commissioning import MAX_FILE_BYTES, FileEntry, FileKind, digest_of
from edge_agent.commissioning.steps import StepError

MAX_SIGNATURE_BYTES = 300_000
PictureType = Literal["image/jpeg", "image/png", "image/webp"]


def entry_of(content: bytes, *, kind: FileKind, device: str = "", caption: str = "") -> FileEntry:
    """The entry of a picture in a record; StepError when it is none, or too large."""
    limit = MAX_SIGNATURE_BYTES if kind == "signature" else MAX_FILE_BYTES
    if len(content) > limit:
        raise StepError(f"the picture is larger than {limit / 1e6:g} MB")
    form = picture_type(content)
    if form is None:
        raise StepError("only JPEG, PNG and WebP pictures are taken")
    return FileEntry(digest_of(content), kind, form, len(content), device, caption.strip()[:300])


def picture_type(content: bytes) -> PictureType | None:
    """The type of a picture; None when it is none of those that are taken."""
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return None
