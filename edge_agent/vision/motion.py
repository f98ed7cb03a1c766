"""How much of the picture changes from one frame to the next."""

from __future__ import annotations

import numpy as np

from edge_agent.vision.config import SightConfig
from edge_agent.vision.picture import CELL_PX, Frame, Grid, View, block_means

LEAST_LIGHT = 16.0  # grey levels; darker cells say nothing about a ratio


def motion(config: SightConfig, view: View, before: Frame, now: Frame) -> float | None:
    """Share 0..1 of the visible cells that changed; light that changes everywhere alike does not count."""
    if before.shape != now.shape:
        return None
    old, new = block_means(before, CELL_PX)[view.cells], block_means(now, CELL_PX)[view.cells]
    if old.size == 0:
        return None
    shares = (_changed(config, new - old), _changed(config, new - _gain(old, new) * old))
    return min(shares)  # clouds scale the light, a lamp adds some: what either explains has not moved


def _changed(config: SightConfig, change: Grid) -> float:
    return float(np.mean(np.abs(change - np.median(change)) > config.motion_levels))


def _gain(old: Grid, new: Grid) -> float:
    """How much brighter most of the picture has become; 1 when it was too dark to say."""
    lit = old >= LEAST_LIGHT
    return float(np.median(new[lit] / old[lit])) if lit.any() else 1.0
