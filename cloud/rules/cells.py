"""Quick looks at a column of cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from device_profiles.wire.messages import Cell

NUMBERS = frozenset({float, int, bool})


def numbers(cells: Sequence[Cell]) -> Sequence[float]:
    """The cells that are numbers; truths are 1 and 0. A quick look at the whole column serves the common case."""
    if set(map(type, cells)) <= NUMBERS:
        return cast("Sequence[float]", cells)  # just proven
    return [cell for cell in cells if cell is not None and not isinstance(cell, str)]


def last_value(times: Sequence[int], cells: Sequence[Cell]) -> int:
    """When the newest cell that holds a value was read; 0 when none does."""
    if cells[-1] is not None:
        return times[-1]
    return next((at for at, cell in zip(reversed(times), reversed(cells), strict=True) if cell is not None), 0)
