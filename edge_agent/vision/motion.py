"""How much of the picture changes from one frame to the next."""

from __future__ import annotations

import numpy as np

from edge_agent.vision.config import SightConfig
from edge_agent.vision.picture import CELL_PX, Frame, Grid, View, block_means


def motion(config: SightConfig, view: View, before: Frame, now: Frame) -> float | None:
    """Share 0..1 of the visible cells that changed; light that changes everywhere alike does not count."""
    if before.shape != now.shape:
        return None
    old, new = block_means(before, CELL_PX)[view.cells], block_means(now, CELL_PX)[view.cells]
    if old.size == 0:
        return None
    change = new - _gain(old, new) * old
    return float(np.mean(np.abs(change - np.median(change)) > config.motion_levels))


def _gain(old: Grid, new: Grid) -> float:
    """How much brighter the picture has become, by least squares; 1 when the old one has no contrast."""
    spread = old - old.mean()
    size = float(spread @ spread)
    return float(spread @ new) / size if size > 0 else 1.0
