"""What a file is, by its content alone; names and declarations are not believed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

# Type -> how its files end. What is not in this table is not taken.
ENDINGS: Mapping[str, str] = MappingProxyType(
    {
        "image/jpeg": ".jpg",
        "image/png": ".png",
        "image/webp": ".webp",
        "image/heic": ".heic",
        "video/mp4": ".mp4",
        "application/pdf": ".pdf",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
        "text/plain": ".txt",
    }
)
_MARKS = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png", b"%PDF-": "application/pdf"}
NAME_MAX = 100  # characters
_HEIC = (b"heic", b"heix", b"mif1", b"msf1")
_VIDEO = (b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"3gp4", b"3gp5", b"qt  ")
_OFFICE = {
    b"word/document.xml": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    b"xl/workbook.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_CONTROLS = frozenset(range(32)) - {9, 10, 12, 13}
_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"/\\|?*\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]+')


def type_of(content: bytes) -> str | None:
    """The type of a content; None when it is none of those that are taken."""
    head = content[:16]
    for mark, found in _MARKS.items():
        if head.startswith(mark):
            return found
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":
        return "image/heic" if head[8:12] in _HEIC else "video/mp4" if head[8:12] in _VIDEO else None
    if head.startswith(b"PK\x03\x04"):
        return _office(content)
    return "text/plain" if _is_text(content) else None


def safe_name(name: str, kind: str) -> str:
    """A name without paths and tricks, with the ending of what the content is."""
    plain = " ".join(_NOT_IN_NAMES.sub(" ", name.replace("\\", "/").rsplit("/", 1)[-1]).split())
    stem = plain.rsplit(".", 1)[0] if "." in plain else plain
    return (stem.strip(". ")[:NAME_MAX].strip(". ") or "file") + ENDINGS[kind]


def _office(content: bytes) -> str | None:
    """A document without macros. Names stand uncompressed in a ZIP file."""
    if b"[Content_Types].xml" not in content or b"vbaProject.bin" in content:
        return None
    return next((found for part, found in _OFFICE.items() if part in content), None)


def _is_text(content: bytes) -> bool:
    if not content or not _CONTROLS.isdisjoint(content):
        return False
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True
