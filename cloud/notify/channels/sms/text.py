"""What a text message may hold and what it costs: alphabets, parts, and cutting to size."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Literal

# GSM 03.38, default alphabet and its extension table; an extension character takes two places.
GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM7_EXTENSION = frozenset("\f^{}\\[~]|€")
PLACES = {"gsm7": (160, 153), "ucs2": (70, 67)}  # of a message alone, and of each part of a longer one
LETTERS = str.maketrans(
    {
        "đ": "d", "Đ": "D", "–": "-", "—": "-", "‑": "-", "−": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "«": '"',
        "»": '"', "μ": "u", "°": "", "×": "x", "≥": ">=", "≤": "<=", "⁄": "/", "•": "-", "\t": " ", "\u00a0": " ",
    }
)  # fmt: skip
CUT = "..."


@dataclass(frozen=True, slots=True)
class Size:
    """What a text costs."""

    encoding: Literal["gsm7", "ucs2"]
    places: int  # septets of GSM-7, or UTF-16 units
    parts: int


def without_diacritics(text: str) -> str:
    """The text in the letters that every phone shows in the cheap alphabet; what has no such form becomes `?`."""
    decomposed = unicodedata.normalize("NFKD", text)
    plain = "".join(char for char in decomposed if unicodedata.category(char) != "Mn").translate(LETTERS)
    return "".join(char if char in GSM7 or char in GSM7_EXTENSION else "?" for char in plain)


def is_gsm7(text: str) -> bool:
    """Whether the cheap alphabet holds every character."""
    return all(char in GSM7 or char in GSM7_EXTENSION for char in text)


def size_of(text: str) -> Size:
    """What the text costs; a character that takes two places is never cut in two by the end of a part."""
    if is_gsm7(text):
        return _size("gsm7", [2 if char in GSM7_EXTENSION else 1 for char in text])
    return _size("ucs2", [2 if ord(char) > 0xFFFF else 1 for char in text])


def fitted(text: str, tail: str, *, max_parts: int) -> str:
    """Text and tail in so many parts at most: the text is cut behind a word, the tail (the link) is kept if it can be.

    A tail that leaves no room for a beginning of the text is left away.
    """
    whole = f"{text} {tail}".strip()
    if size_of(whole).parts <= max_parts:
        return whole
    words = text.split(" ")
    for kept_tail in (f" {tail}", "") if tail else ("",):
        beginnings = [f"{' '.join(words[:count])}{CUT}{kept_tail}" for count in range(len(words), 0, -1)]
        fitting = next((begun for begun in beginnings if size_of(begun).parts <= max_parts), None)
        if fitting is not None:
            return fitting
    return _cut_anywhere(text, max_parts)


def _cut_anywhere(text: str, max_parts: int) -> str:
    """For one endless word."""
    ends = range(len(text), 0, -1)
    return next(text[:end] for end in ends if size_of(text[:end]).parts <= max_parts)


def _size(encoding: Literal["gsm7", "ucs2"], costs: list[int]) -> Size:
    alone, each = PLACES[encoding]
    places = sum(costs)
    if places <= alone:
        return Size(encoding, places, 1)
    return Size(encoding, places, _parts(costs, each))


def _parts(costs: list[int], each: int) -> int:
    parts, used = 1, 0
    for cost in costs:
        if used + cost > each:
            parts, used = parts + 1, 0
        used += cost
    return parts
