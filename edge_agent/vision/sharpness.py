"""How sharp a picture is: the variance of its Laplacian (Pech-Pacheco et al., "Diatom autofocusing", ICPR 2000)."""

from __future__ import annotations

from dataclasses import dataclass

from edge_agent.vision.picture import Frame, Grid, View, block_means

LEAST_CONTRAST = 25.0  # variance; below it a picture is fog or night, and nobody can tell blur from emptiness


@dataclass(frozen=True, slots=True)
class Sharpness:
    """Two figures of one picture."""

    absolute: float  # variance of the Laplacian, grey levels squared
    relative: float | None  # the same by the picture's own contrast, so that light does not count; None: no contrast


def sharpness(frame: Frame, view: View) -> Sharpness | None:
    """How sharp the picture is, measured on 2 x 2 blocks so that sensor noise does not pass for structure."""
    blocks = block_means(frame, 2)
    seen = blocks[view.halves]
    if seen.size == 0:
        return None
    absolute = float(_laplacian(blocks)[view.halves].var())
    contrast = float(seen.var())
    return Sharpness(absolute, absolute / contrast if contrast >= LEAST_CONTRAST else None)


def is_blurred(share: float, now: Sharpness, reference: float) -> bool | None:
    """True when less than this share of the reference's relative sharpness is left; None when it cannot be told."""
    return None if now.relative is None or reference <= 0 else now.relative < share * reference


def _laplacian(blocks: Grid) -> Grid:
    """Zero on the border, which no view counts."""
    out = blocks * 0
    centre = blocks[1:-1, 1:-1]
    out[1:-1, 1:-1] = 4 * centre - blocks[:-2, 1:-1] - blocks[2:, 1:-1] - blocks[1:-1, :-2] - blocks[1:-1, 2:]
    return out
