"""Whether the camera still looks where it looked: correlation of edge directions, which light does not change.

After Fitch et al., "Orientation Correlation" (BMVC 2002), with doubled angles: an edge that turns from dark-bright to
bright-dark (night, infrared lamp, wet road) keeps its direction.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from edge_agent.vision.config import SightConfig
from edge_agent.vision.picture import CELL_PX, Frame, View, block_means

Directions = npt.NDArray[np.complex64]  # one unit vector of doubled angle per cell; 0 where there is no edge

EDGE_LEVELS = 4.0  # per cell; a weaker slope may be noise
LEAST_EDGES = 0.02  # share of cells; with fewer edges nobody can tell where the camera looks


def directions(frame: Frame, view: View) -> Directions:
    """The direction of the edge in each cell."""
    cells = block_means(frame, CELL_PX)
    slope = np.zeros(cells.shape, dtype=np.complex64)
    slope[1:-1, 1:-1] = (cells[1:-1, 2:] - cells[1:-1, :-2]) + 1j * (cells[2:, 1:-1] - cells[:-2, 1:-1])
    strength = np.abs(slope)
    edge = (strength > 2 * EDGE_LEVELS) & view.inner_cells
    found: Directions = np.divide(slope * slope, strength * strength, out=np.zeros_like(slope), where=edge)
    return found


def has_structure(found: Directions) -> bool:
    """True when there are edges enough to know a place by."""
    return bool(np.count_nonzero(found) >= LEAST_EDGES * found.size)


def likeness(config: SightConfig, now: Directions, reference: Directions) -> float | None:
    """How alike two views are, about 0 (nothing in common) to 1 (the same), small shifts allowed; None: cannot tell."""
    if now.shape != reference.shape or not has_structure(now):
        return None
    one, other = _without_mean(now), _without_mean(reference)
    size = float(np.linalg.norm(one) * np.linalg.norm(other))
    if size == 0:
        return None
    agreement = np.fft.ifft2(np.fft.fft2(one) * np.conj(np.fft.fft2(other))).real
    reach = round(config.moved_share * now.shape[1])
    rows, columns = np.arange(-reach, reach + 1) % now.shape[0], np.arange(-reach, reach + 1) % now.shape[1]
    return float(agreement[np.ix_(rows, columns)].max() / size)


def _without_mean(found: Directions) -> Directions:
    """Every street has upright and level lines; only how they lie counts."""
    edge = found != 0
    return np.where(edge, found - found[edge].mean(), 0) if edge.any() else found
