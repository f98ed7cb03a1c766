"""What is wrong with an answer: each check gives a sentence, empty when nothing is; pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from pydantic import TypeAdapter, ValidationError

from device_profiles.explain import did_you_mean

Check: TypeAlias = Callable[[str], str]


def anything(_given: str) -> str:
    """Whatever is said, or nothing."""
    return ""


def some_text(given: str) -> str:
    """Anything but nothing."""
    return "" if given.strip() else "say something"


def number(given: str) -> str:
    """A number; whole ones may be written as 0x1F."""
    try:
        int(given, 0)
    except ValueError:
        return "" if _is_float(given) else f"{given!r} is not a number"
    return ""


def optional_number(given: str) -> str:
    """A number or nothing."""
    return number(given) if given else ""


def one_of(words: Sequence[str]) -> Check:
    """One of these words."""
    return lambda given: "" if given in words else f"{given!r} is not allowed; {_hint(given, words)}"


def matching(kind: Any, *, empty: bool = False) -> Check:
    """What this type takes, or also nothing."""
    adapter = TypeAdapter(kind)

    def check(given: str) -> str:
        if empty and not given:
            return ""
        try:
            adapter.validate_python(given)
        except ValidationError as error:
            return str(error.errors()[0]["msg"])
        return ""

    return check


def _hint(given: str, words: Sequence[str]) -> str:
    return did_you_mean(given, words) or f"one of {', '.join(words)}"


def _is_float(given: str) -> bool:
    try:
        return abs(float(given)) < float("inf")
    except ValueError:
        return False
