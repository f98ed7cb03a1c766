"""Whether every store can keep a block: checked before it is written, so that all adapters refuse the same."""

from __future__ import annotations

import math
from typing import cast

from cloud.store.base import Columns, Rejection
from cloud.store.roll_up import is_roll_up
from device_profiles.schema import PointType

INT64 = 2**63
NUMBERS = {int, float, bool}


def readings_of(block: Columns) -> int:
    """How many readings the block carries, as the ledger counts them: values, and bad codes."""
    bad = sum(code.startswith("bad:") for marks in block.quality.values() for _, code in marks)
    return bad + sum(len(cells) - cells.count(None) for cells in block.points.values())


def refused(index: int, block: Columns, reason: str) -> Rejection:
    """The whole block as one rejection."""
    return Rejection(index, tuple(block.times), readings_of(block), reason)


def unsoundness(block: Columns) -> str:
    """Why no store can keep the block, as a countable reason; empty when it is sound."""
    if is_roll_up(block.profile):
        return "name"
    for point, cells in block.points.items():
        if block.types[point] is not PointType.STRING:
            values = [cell for cell in cells if cell is not None] if None in cells else cells
            kinds = set(map(type, values))
            if not kinds <= NUMBERS:
                return "type"
            if int in kinds and not all(-INT64 <= value < INT64 for value in values if isinstance(value, int)):
                return "range"
            if float in kinds and not all(map(math.isfinite, cast("list[float]", values))):  # proven by `kinds`
                return "not_a_number"
    return ""
