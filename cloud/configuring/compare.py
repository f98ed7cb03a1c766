"""What differs between two configurations, thing by thing and line by line. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

NAMED_BY = "id"  # of devices: they are compared by it, not by their place in the list


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that becomes another; `before` and `after` as people read them, empty when there is none."""

    key: str
    what: Literal["added", "removed", "changed"]
    before: str = ""
    after: str = ""


def changes(before: Mapping[str, object], after: Mapping[str, object]) -> list[Change]:
    """Every difference between two tables, in the order of their keys."""
    return list(_changes(before, after, ""))


def line_diff(before: str, after: str, *, names: tuple[str, str] = ("", "")) -> list[str]:
    """The difference of two texts as a unified diff."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), *names, lineterm="", n=2)
    return list(lines)


def _changes(before: object, after: object, key: str) -> Iterator[Change]:
    old, new = _table(before), _table(after)
    if old is not None and new is not None:
        for name in sorted({*old, *new}):
            yield from _entry(old, new, name, f"{key}.{name}" if key else name)
    elif before != after:
        yield Change(key, "changed", _said(before), _said(after))


def _entry(old: Mapping[str, object], new: Mapping[str, object], name: str, key: str) -> Iterator[Change]:
    if name not in old:
        yield Change(key, "added", "", _said(new[name]))
    elif name not in new:
        yield Change(key, "removed", _said(old[name]), "")
    else:
        yield from _changes(old[name], new[name], key)


def _table(value: object) -> Mapping[str, object] | None:
    """A table, also of a list of things that have names."""
    if isinstance(value, Mapping):
        return value
    if isinstance(value, list) and value and all(isinstance(each, Mapping) and NAMED_BY in each for each in value):
        return {str(each[NAMED_BY]): {key: cell for key, cell in each.items() if key != NAMED_BY} for each in value}
    return None


def _said(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {_said(cell)}" for key, cell in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_said, value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
