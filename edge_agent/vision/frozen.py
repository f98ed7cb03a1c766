"""Whether the camera shows the same picture again and again although the stream runs.

Every frame is compared with an anchor: the frame since which nothing has changed. Noise of an encoder that repeats
a dead picture stays below both levels; a live picture differs by its sensor's noise everywhere, or by a moving thing
in one cell.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edge_agent.vision.config import SightConfig
from edge_agent.vision.picture import CELL_PX, Frame, View, block_means


@dataclass(frozen=True, slots=True, eq=False)
class Freeze:
    """The frame since which nothing has changed, and the time since then."""

    anchor: Frame
    since: float
    at: float

    def is_frozen(self, config: SightConfig) -> bool:
        """True when the picture has been the same for long enough."""
        return self.at - self.since >= config.frozen_after_s


def step(config: SightConfig, view: View, state: Freeze | None, frame: Frame, at: float) -> Freeze:
    """The state after one more frame; `at` is in monotonic seconds."""
    if state is None or not is_same(config, view, state.anchor, frame):
        return Freeze(frame, at, at)
    return Freeze(state.anchor, state.since, at)


def is_same(config: SightConfig, view: View, one: Frame, other: Frame) -> bool:
    """True when two pictures differ by no more than an encoder's noise."""
    if one.shape != other.shape:
        return False
    change = np.abs(one.astype(np.int16) - other)[view.pixels]
    if change.size == 0 or float(change.mean()) > config.frozen_levels:
        return bool(change.size == 0)
    cells = np.abs(block_means(one, CELL_PX) - block_means(other, CELL_PX))[view.cells]
    return bool(cells.size == 0) or float(cells.max()) <= config.frozen_cell_levels
