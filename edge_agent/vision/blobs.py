"""The connected things in a picture of what stands out: where each is and how large."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge_agent.vision.picture import Grid, Seen

MOST_BLOBS = 200  # a picture with more is a storm, not a street
Ints = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Blob:
    """One connected thing, in blocks; `contrast` is its mean excess over the limit."""

    left: int
    top: int
    right: int  # the first column behind it
    bottom: int
    area: int
    contrast: float

    @property
    def width(self) -> int:
        """Columns that it covers."""
        return self.right - self.left

    @property
    def middle(self) -> tuple[float, float]:
        """Half of its width, and where it stands."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2


def blobs(blocks: Seen, excess: Grid, *, least_area: int, gap: int) -> list[Blob]:
    """The things of at least this area; parts no further apart than `gap` blocks are one thing."""
    joined = closed(blocks, gap)
    rows, starts, ends = _runs(joined)
    if len(rows) == 0:
        return []
    names = _names(rows, starts, ends)
    return _measured((rows, starts, ends), names, blocks, excess, least_area=least_area)


def closed(blocks: Seen, gap: int) -> Seen:
    """Single blocks away, then gaps of so many blocks filled."""
    pairs = blocks[:, 1:] & blocks[:, :-1]
    solid = np.zeros_like(blocks)
    both = pairs[1:] & pairs[:-1]
    for rows in (slice(None, -1), slice(1, None)):
        for columns in (slice(None, -1), slice(1, None)):
            solid[rows, columns] |= both
    return _shrunk(_grown(solid, gap), gap) | solid


def _grown(blocks: Seen, reach: int) -> Seen:
    for axis in (0, 1):
        out = blocks.copy()
        for step in range(1, reach + 1):
            if axis == 0:
                out[step:] |= blocks[:-step]
                out[:-step] |= blocks[step:]
            else:
                out[:, step:] |= blocks[:, :-step]
                out[:, :-step] |= blocks[:, step:]
        blocks = out
    return blocks


def _shrunk(blocks: Seen, reach: int) -> Seen:
    return ~_grown(~blocks, reach)


def _runs(blocks: Seen) -> tuple[Ints, Ints, Ints]:
    """Rows, first columns and ends of the runs of set blocks, row by row."""
    edge = np.diff(np.pad(blocks, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    rows, starts = np.nonzero(edge == 1)
    _, ends = np.nonzero(edge == -1)
    return rows, starts, ends


def _names(rows: Ints, starts: Ints, ends: Ints) -> Ints:
    """Which thing each run belongs to: runs of neighbouring rows that touch are one."""
    parents = list(range(len(rows)))

    def root(one: int) -> int:
        while parents[one] != one:
            parents[one] = parents[parents[one]]
            one = parents[one]
        return one

    above = 0
    row_list, start_list, end_list = rows.tolist(), starts.tolist(), ends.tolist()
    for run, row in enumerate(row_list):
        while row_list[above] < row - 1 or (row_list[above] == row - 1 and end_list[above] < start_list[run]):
            above += 1
        other = above
        while row_list[other] == row - 1 and start_list[other] <= end_list[run]:
            parents[root(run)] = root(other)
            other += 1
    return np.array([root(run) for run in range(len(row_list))], dtype=np.intp)


def _measured(runs: tuple[Ints, Ints, Ints], names: Ints, blocks: Seen, excess: Grid, *, least_area: int) -> list[Blob]:
    rows, starts, ends = runs
    _, index = np.unique(names, return_inverse=True)
    count = int(index.max()) + 1
    area = np.bincount(index, weights=ends - starts, minlength=count)
    left, top = np.full(count, blocks.shape[1]), np.full(count, blocks.shape[0])
    right, bottom = np.zeros(count, dtype=np.intp), np.zeros(count, dtype=np.intp)
    np.minimum.at(left, index, starts)
    np.minimum.at(top, index, rows)
    np.maximum.at(right, index, ends)
    np.maximum.at(bottom, index, rows + 1)
    large: Sequence[int] = np.nonzero(area >= least_area)[0].tolist()
    large = sorted(large, key=lambda one: -area[one])[:MOST_BLOBS]
    return [
        Blob(int(left[i]), int(top[i]), int(right[i]), int(bottom[i]), int(area[i]), _contrast(blocks, excess, box))
        for i in large
        for box in [(slice(int(top[i]), int(bottom[i])), slice(int(left[i]), int(right[i])))]
    ]


def _contrast(blocks: Seen, excess: Grid, box: tuple[slice, slice]) -> float:
    part = blocks[box]
    return float(excess[box][part].mean()) if part.any() else 0.0
