"""Lines and outlines in a picture: which blocks lie inside, and whether a way leads over a line."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edge_agent.vision.config import Line, Place
from edge_agent.vision.picture import Seen

Spot = tuple[float, float]  # x, y in blocks


def inside(outline: Sequence[Place], *, columns: int, rows: int) -> Seen:
    """The blocks whose middle lies in the outline, by the even-odd rule."""
    x = (np.arange(columns) + 0.5)[None, :] / columns
    y = (np.arange(rows) + 0.5)[:, None] / rows
    found = np.zeros((rows, columns), dtype=np.bool_)
    for (x1, y1), (x2, y2) in zip(outline, [*outline[1:], outline[0]], strict=True):
        if y1 != y2:
            found ^= ((y1 <= y) != (y2 <= y)) & (x < x1 + (y - y1) * (x2 - x1) / (y2 - y1))
    return found


class Fence:
    """A line of the configuration in blocks of the picture."""

    def __init__(self, line: Line, *, columns: int, rows: int) -> None:
        self.name = line.name
        self.start: Spot = (line.start[0] * columns, line.start[1] * rows)
        self.end: Spot = (line.end[0] * columns, line.end[1] * rows)
        self.per_m = line.metre * columns

    def crossed(self, before: Spot, now: Spot) -> int:
        """1 when the way from `before` to `now` leads forth over the line, -1 back, 0 when it does not cross it."""
        one, other = self._side(before), self._side(now)
        if (one < 0) == (other < 0):
            return 0
        share = one / (one - other)
        along = self._along((before[0] + share * (now[0] - before[0]), before[1] + share * (now[1] - before[1])))
        if not 0 <= along <= 1:
            return 0
        return 1 if other < 0 else -1

    def _side(self, spot: Spot) -> float:
        """Above zero: on the left hand of somebody who looks from start to end (rows grow downwards)."""
        (x1, y1), (x2, y2) = self.start, self.end
        return (x2 - x1) * (y1 - spot[1]) + (y2 - y1) * (spot[0] - x1)

    def _along(self, spot: Spot) -> float:
        (x1, y1), (x2, y2) = self.start, self.end
        reach = (x2 - x1) ** 2 + (y2 - y1) ** 2
        return ((spot[0] - x1) * (x2 - x1) + (spot[1] - y1) * (y2 - y1)) / reach

    def spots(self) -> tuple[np.ndarray[tuple[int], np.dtype[np.intp]], np.ndarray[tuple[int], np.dtype[np.intp]]]:
        """Rows and columns of the blocks on the line."""
        steps = max(2, int(np.hypot(self.end[0] - self.start[0], self.end[1] - self.start[1])))
        at = np.linspace(0, 1, steps, endpoint=False) + 0.5 / steps
        columns = self.start[0] + at * (self.end[0] - self.start[0])
        rows = self.start[1] + at * (self.end[1] - self.start[1])
        return rows.astype(np.intp), columns.astype(np.intp)
