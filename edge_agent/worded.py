"""What a raw value of a device means: its words, texts that are numbers, and the scale; pure."""

from __future__ import annotations

from collections.abc import Mapping

from device_profiles.schema import PointType
from edge_agent.connector import Scalar
from edge_agent.json_document import Json, number_in
from edge_agent.scaling import scaled, unscaled


def meaning(
    raw: Json, kind: PointType, *, words: Mapping[str, float], scale: float = 1.0, offset: float = 0.0
) -> tuple[Scalar | None, str]:
    """The engineering value, or why there is none; a word that nobody explained is none."""
    if raw is None:
        return None, "missing"
    if isinstance(raw, dict | list):
        return None, "type"
    if words and (word := _word(raw)) in words:
        return words[word], ""
    if kind is PointType.STRING or (isinstance(raw, bool) and not words):
        return raw, ""
    number = number_in(raw) if isinstance(raw, str) else None if isinstance(raw, bool) else raw
    value = None if number is None else scaled(number, scale=scale, offset=offset)
    return (None, "not_a_number") if value is None else (value, "")


def wording(value: Scalar, *, words: Mapping[str, float], scale: float = 1.0, offset: float = 0.0) -> Scalar | None:
    """The raw value that means this one, to be sent; None when there is none."""
    if isinstance(value, str):
        return value
    if words:
        return next((word for word, number in words.items() if number == value), None)
    if isinstance(value, bool):
        return value
    raw = unscaled(value, scale=scale, offset=offset)
    return int(raw) if raw is not None and raw == int(raw) else raw


def _word(raw: bool | int | float | str) -> str:
    """How the raw value would be written in a list of words; `true` and `7` are words too."""
    return str(raw).lower() if isinstance(raw, bool) else str(raw).strip()
