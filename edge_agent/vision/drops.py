"""Whether drops hang on the lens: spots that lost their structure while the rest of the picture kept it.

A drop is a small bad lens: behind it edges melt, and nothing sharp moves there. A thing that stands in the way has
edges of its own, and a picture out of focus loses its structure everywhere. So tiles that were sharp when the place was
learnt are compared with what is left of their sharpness now.
"""

from __future__ import annotations

import numpy as np

from edge_agent.vision.config import SightConfig
from edge_agent.vision.picture import Frame, Grid, View, block_means

TILE_CELLS = 8  # of 2 x 2 pixels: a tile is 16 x 16, about the size of a drop on the lens of a small picture
LEAST_STRUCTURE = 12.0  # grey levels squared; a tile with less can lose nothing
MELTED = 0.2  # a tile that keeps less than this share of its structure
EVERYWHERE = 0.7  # when so much has melted it is the focus, not the rain
LEAST_TILES = 12  # with fewer nobody can tell


def tiles(frame: Frame, view: View) -> Grid:
    """The structure of each tile: the mean square of its second differences; NaN where a mask touches it."""
    blocks = block_means(frame, 2)
    across = np.zeros_like(blocks)
    across[1:-1, 1:-1] = (
        4 * blocks[1:-1, 1:-1] - blocks[:-2, 1:-1] - blocks[2:, 1:-1] - blocks[1:-1, :-2] - blocks[1:-1, 2:]
    )
    energy = block_means(across * across, TILE_CELLS)
    hidden = block_means(~view.halves, TILE_CELLS) > 0.5
    return np.where(hidden, np.float32(np.nan), energy)


def has_drops(config: SightConfig, now: Grid, reference: Grid, *, light: float) -> bool | None:
    """True when enough tiles have melted, and not all of them; None when it cannot be told.

    `light` is how much brighter the picture is than the reference was: structure grows with its square.
    """
    if now.shape != reference.shape or light <= 0:
        return None
    expected = reference * min(light * light, 1.0)
    rich = expected >= LEAST_STRUCTURE  # NaN is not
    if np.count_nonzero(rich) < LEAST_TILES:
        return None
    melted = float(np.mean(now[rich] < MELTED * expected[rich]))
    return None if melted >= EVERYWHERE else melted >= config.drops_share
