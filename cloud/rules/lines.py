"""Finds the line of a rule file that a fault is about, so that an editor can point at it: pure, and never an error."""

from __future__ import annotations

import re

MAX_DEPTH = 8  # no rule file goes deeper

AT_END = "(at end of document)"
_SYNTAX = re.compile(r"\(at line (\d+), column \d+\)")
_PART = re.compile(r"([^.\[\]]+)|\[([^\]]*)\]")
_HEAD = re.compile(r"\s*(\[\[?)\s*([\w.\"'-]+(?: *\. *[\w\"'-]+)*)\s*\]")
_KEY = re.compile(r"\s*([\w.\"'-]+)\s*=\s*(?:[\"']([^\"']*))?")
_NAMES = ("key", "id", "verb", "profile", "name")  # what a list's item is called in a fault: device_profiles/explain.py

Path = tuple[str, ...]


def line_of(text: str, key: str, reason: str = "") -> int | None:
    """The line, counted from 1, where a key such as `kind.levels[II].above` stands; else that of what is around it."""
    syntax = _SYNTAX.search(reason)
    if syntax:
        return int(syntax[1])
    if AT_END in reason:
        return max(1, len(text.splitlines()))
    places, called = _places(text)
    path: Path = ()
    found = None
    for name, index in _PART.findall(key):
        step = name or called.get((*path, index), index)
        path = (*path, step)
        found = places.get(path, found)
    return found


def _places(text: str) -> tuple[dict[Path, int], dict[Path, str]]:
    """Path -> its first line, and the path of a named item of a list -> its number in the list."""
    places: dict[Path, int] = {}
    called: dict[Path, str] = {}
    items: dict[Path, int] = {}
    table: Path = ()
    for number, line in enumerate(text.splitlines(), 1):
        head = _HEAD.match(line)
        if head:
            name = _split(head[2])
            if head[1] == "[[":
                items[name] = items.get(name, 0) + 1
            table = _numbered(name, items)
            path = table
        elif found := _KEY.match(line):
            path = (*table, *_split(found[1]))
            if found[2] is not None and path[-1] in _NAMES and table:
                called.setdefault((*table[:-1], found[2]), table[-1])
        else:
            continue
        for depth in range(1, min(len(path), MAX_DEPTH) + 1):
            places.setdefault(path[:depth], number)
    return places, called


def _split(name: str) -> Path:
    return tuple(part.strip(" \"'") for part in name.split("."))


def _numbered(name: Path, items: dict[Path, int]) -> Path:
    """The path with the number of the last item behind each list in it."""
    path: Path = ()
    for depth, part in enumerate(name, 1):
        path = (*path, part)
        if name[:depth] in items:
            path = (*path, str(items[name[:depth]]))
    return path
