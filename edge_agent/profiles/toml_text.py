"""A profile as the text of its file: one line per key, points one below the other; pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

Table = Mapping[str, object]


def file_text(table: Table, *, comment: str = "") -> str:
    """The file of this profile."""
    return "\n".join(_lines(table, comment)) + "\n"


def _lines(table: Table, comment: str) -> Iterator[str]:
    if comment:
        yield f"# {comment}"
    yield from (f"{key} = {_value(value)}" for key, value in table.items() if key != "points")
    points = table.get("points")
    for point in points if isinstance(points, list) else []:
        yield ""
        yield "[[points]]"
        yield from (f"{key} = {_value(value)}" for key, value in point.items() if key != "choices")
        if point.get("choices"):
            yield "\n[points.choices]"
            yield from (f"{key} = {_value(value)}" for key, value in point["choices"].items())


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(str(key))} = {_value(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(inner) for inner in value) + "]"
    return json.dumps(value, ensure_ascii=False)  # texts, numbers, true and false are written as in TOML


def _key(key: str) -> str:
    return key if key.isidentifier() and key.isascii() else json.dumps(key, ensure_ascii=False)
