"""Which files are a station's, and in which order they were written; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

STAMP = re.compile(r"_(\d{14})\.txt", re.IGNORECASE | re.ASCII)
TAIL = len("_yyyyMMddHHmmss.txt")
LONGEST = 200


def is_of(station: str, name: str) -> bool:
    """Whether it is a whole file of this station; what is still called otherwise is still being written."""
    return len(name) <= LONGEST and name[:-TAIL] == station and STAMP.fullmatch(name[-TAIL:]) is not None


def in_order(names: Iterable[str]) -> list[str]:
    """The names, by the time that stands in them."""
    return sorted(names, key=lambda name: (name[-TAIL:], name))
