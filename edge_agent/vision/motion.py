"""How much of the picture changes from one frame to the next."""

from __future__ import annotations

import numpy as np

from edge_agent.vision.config import SightConfig
from edge_agent.vision.picture import CELL_PX, Frame, Grid, Seen, View, block_means

LEAST_LIGHT = 16.0  # grey levels; darker cells say nothing about a ratio


def motion(config: SightConfig, view: View, before: Frame, now: Frame) -> float | None:
    """Share 0..1 of the visible cells that changed; light that changes everywhere alike does not count."""
    if before.shape != now.shape:
        return None
    if not view.cells.any():
        return None
    moved = changed(config, view, block_means(before, CELL_PX), block_means(now, CELL_PX))
    return float(np.mean(moved[view.cells]))


def changed(config: SightConfig, view: View, before: Grid, now: Grid) -> Seen:
    """The cells that changed, of pictures reduced to cells."""
    old, new = before[view.cells], now[view.cells]
    added, scaled = now - before, now - _gain(old, new) * before
    found: list[Seen] = [
        np.abs(change - np.median(change[view.cells])) > config.motion_levels for change in (added, scaled)
    ]
    # clouds scale the light, a lamp adds some: what either explains has not moved
    return found[0] if np.mean(found[0][view.cells]) <= np.mean(found[1][view.cells]) else found[1]


def _gain(old: Grid, new: Grid) -> float:
    """How much brighter most of the picture has become; 1 when it was too dark to say."""
    lit = old >= LEAST_LIGHT
    return float(np.median(new[lit] / old[lit])) if lit.any() else 1.0
