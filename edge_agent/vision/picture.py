"""What every judge of pictures shares: the grey frame, the part of it that may be seen, and its reduction to cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from edge_agent.vision.config import Box

Frame: TypeAlias = npt.NDArray[np.uint8]  # height x width, grey
Grid: TypeAlias = npt.NDArray[np.float32]
Seen: TypeAlias = npt.NDArray[np.bool_]

CELL_PX = 4  # one cell is 4 x 4 pixels: averages sensor noise away, still shows a person at 320 x 180
REACH_PX = 3  # a mask's edge must not count as an edge of the scene; filters reach so far


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """Which pixels may be seen, at full size and at the sizes that the judges work with."""

    pixels: Seen
    halves: Seen  # 2 x 2 blocks, away from masks and borders
    cells: Seen  # CELL_PX blocks that no mask touches
    inner_cells: Seen  # those away from masks and borders


def view_of(boxes: Sequence[Box], *, width: int, height: int) -> View:
    """The view that these masks leave of a picture of this size."""
    pixels = np.ones((height, width), dtype=np.bool_)
    for box in boxes:
        pixels[_span(box.top, box.height, height), _span(box.left, box.width, width)] = False
    cells = _whole(pixels, CELL_PX)
    return View(pixels, _eroded(_whole(pixels, 2), REACH_PX), cells, _eroded(cells, 1))


def burn(frame: Frame, view: View) -> Frame:
    """The frame with everything that nobody may see painted black; a copy."""
    return np.where(view.pixels, frame, np.uint8(0))


def block_means(frame: npt.NDArray[np.generic], size: int) -> Grid:
    """The mean of each size x size block; pixels beyond the last whole block are left out."""
    height, width = frame.shape[0] // size * size, frame.shape[1] // size * size
    whole = frame[:height, :width]
    blocks = whole.reshape(height // size, size, width // size, size)
    return np.asarray(blocks.mean(axis=(1, 3), dtype=np.float32), dtype=np.float32)


def brightness(frame: Frame, view: View) -> float | None:
    """Mean grey level 0..255 of what may be seen; None when nothing may."""
    seen = frame[view.pixels]
    return float(seen.mean()) if seen.size else None


def _span(start: float, length: float, size: int) -> slice:
    """Rounded outwards: a mask hides rather too much than too little."""
    return slice(int(start * size), min(size, int(np.ceil((start + length) * size - 1e-6))))


def _whole(pixels: Seen, size: int) -> Seen:
    return np.asarray(block_means(pixels, size) == 1.0)


def _eroded(seen: Seen, steps: int) -> Seen:
    """Away from anything hidden and from the picture's border."""
    inner = np.pad(seen, 1, constant_values=False)
    for _ in range(steps):
        core = inner[1:-1, 1:-1] & inner[:-2, 1:-1] & inner[2:, 1:-1] & inner[1:-1, :-2] & inner[1:-1, 2:]
        inner = np.pad(core, 1, constant_values=False)
    return inner[1:-1, 1:-1]
