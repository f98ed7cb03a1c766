"""Phone numbers as the carriers of Vietnam want them: 84 and nine digits."""

from __future__ import annotations

import re
from collections.abc import Iterable

# The national numbering plan since 2018: mobile numbers begin with 3, 5, 7, 8 or 9 behind the country code.
MOBILE = re.compile(r"84[35789]\d{8}")
LONG_NUMBER = re.compile(r"\+?\d(?:[ .-]?\d){7,}")


def mobile_number(text: str) -> str:
    """`84xxxxxxxxx` for any usual way to write a mobile number; ValueError, which does not repeat it, for all else."""
    digits = re.sub(r"[\s.()-]", "", text)
    for prefix in ("+84", "0084", "84", "0"):
        if digits.startswith(prefix):
            digits = "84" + digits.removeprefix(prefix)
            break
    if not MOBILE.fullmatch(digits):
        raise ValueError("is no Vietnamese mobile number")
    return digits


def mobile_numbers(texts: Iterable[str]) -> tuple[str, ...]:
    """Each number once; ValueError says at which place something else stands."""
    numbers: dict[str, None] = {}
    for place, text in enumerate(texts, 1):
        try:
            numbers[mobile_number(text)] = None
        except ValueError as error:
            raise ValueError(f"number {place} {error}") from None
    return tuple(numbers)


def masked(text: str) -> str:
    """The text without anything that may be a phone number: for errors, which are stored and shown."""
    return LONG_NUMBER.sub("…", text)
