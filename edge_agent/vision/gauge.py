"""Reads the water level at a painted staff gauge: where along the board its bands end.

Above the water the board shows its bands; below it there is water, or a weaker mirror image of them.

    grey level along the board   ▁▁███▁▁▁███▁▁▁███▁▁▁███▂▂▃▃▃▂▂▂▃▃▃
    what the paint would show    ▁▁▁███▁▁▁███▁▁▁███▁▁▁███▁▁▁███▁▁▁
                                                        ▲ the level

For every place where the water could begin, two descriptions are fitted by least squares: bands of one contrast above,
an even tone with a weaker mirror image below. The place whose descriptions leave the least over is the level.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge_agent.vision.config import GaugeBoard
from edge_agent.vision.picture import Frame, View

NO_BOARD, UNSURE, UNDER_WATER, DRY, SETTLING = "no_board", "unsure", "under_water", "dry", "settling"
STEPS_PER_MARK = 12  # samples per painted band
LEAST_CONTRAST = 6.0  # grey levels between paint and half-tone; with less the board is dirt or fog
MIRROR = 0.8  # of the paint's contrast is the most that water shows again
DRY_BANDS = 2  # at the top must be dry, or nobody knows how the paint looks today
END_BANDS = 1.5  # at the bottom look like water: even in tone
ELSEWHERE = 0.9  # bands; what is further off is another level
ENOUGH = 0.25  # of the paint of one band: what an edge elsewhere must leave unexplained
KEPT = 200  # readings of the settling time

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at the board: the level in metres, or why there is none."""

    level_m: float | None
    quality: float
    why: str = ""


@dataclass(frozen=True, slots=True)
class Levels:
    """The levels of the last while, oldest first: (at, level, quality)."""

    recent: tuple[tuple[float, float, float], ...] = ()
    why: str = SETTLING


def look(board: GaugeBoard, frame: Frame, view: View) -> Reading:
    """What the board shows in this picture."""
    shade = _along(board, frame, view)
    if shade is None:
        return Reading(None, 0.0, NO_BOARD)
    count = len(shade)
    paint = np.where(np.arange(count) // STEPS_PER_MARK % 2 == 0, 1.0, -1.0)
    edges = np.arange(DRY_BANDS * STEPS_PER_MARK, count + 1)
    contrast, left_above, spread_above = _bands(shade, paint, edges)
    left = left_above + _water(shade, paint, edges, contrast)
    best = int(np.argmin(left))
    if abs(contrast[best]) < LEAST_CONTRAST:
        return Reading(None, 0.0, NO_BOARD)
    edge = int(edges[best])
    alike = float(np.clip(1 - left_above[best] / max(1e-9, spread_above[best]), 0, 1))
    if edge >= count - END_BANDS * STEPS_PER_MARK:
        return Reading(None, alike, DRY)
    quality = alike * _apart(left, best, float(contrast[best])) * min(1.0, edge / (4 * STEPS_PER_MARK))
    level = board.top_m - (board.top_m - board.bottom_m) * edge / count
    return Reading(level, quality) if quality >= board.least_quality else Reading(None, quality, UNSURE)


def step(board: GaugeBoard, state: Levels, reading: Reading, at: float) -> Levels:
    """The levels after one more look."""
    kept = tuple(one for one in state.recent if at - one[0] <= board.settle_s)[-KEPT:]
    if reading.level_m is None:
        return Levels(kept, reading.why)
    return Levels((*kept, (at, reading.level_m, reading.quality)), "")


def settled(board: GaugeBoard, state: Levels, at: float) -> Reading:
    """The middle of the recent levels, once there are enough of them."""
    if not state.recent or at - state.recent[0][0] < 0.5 * board.settle_s:
        return Reading(None, 0.0, state.why or SETTLING)
    levels = sorted(level for _, level, _ in state.recent)
    spread = levels[int(0.9 * (len(levels) - 1))] - levels[int(0.1 * (len(levels) - 1))]
    steady = 1 / (1 + spread / (2 * board.mark_m))
    quality = float(np.median([quality for _, _, quality in state.recent])) * steady
    return Reading(levels[len(levels) // 2], quality)


def _along(board: GaugeBoard, frame: Frame, view: View) -> Floats | None:
    """Grey levels from top to bottom in even steps of the painted scale; None when a mask hides the board."""
    height, width = frame.shape
    count = round((board.top_m - board.bottom_m) / board.mark_m * STEPS_PER_MARK)
    along = (np.arange(count) + 0.5) / count
    x = (board.top[0] + along * (board.bottom[0] - board.top[0])) * width - 0.5
    y = (board.top[1] + along * (board.bottom[1] - board.top[1])) * height - 0.5
    reach = max(0.0, 0.35 * board.width * width)
    sideways: Sequence[float] = np.linspace(-reach, reach, 5).tolist()
    columns = [np.clip(np.round(x + offset), 0, width - 1).astype(np.intp) for offset in sideways]
    rows = np.clip(y, 0, height - 1)
    upper = np.floor(rows).astype(np.intp)
    lower = np.minimum(upper + 1, height - 1)
    share = rows - upper
    if not all(view.pixels[upper, column].all() for column in columns):
        return None
    read = [frame[upper, column] * (1 - share) + frame[lower, column] * share for column in columns]
    return np.asarray(np.median(np.stack(read), axis=0), dtype=np.float64)


def _bands(shade: Floats, paint: Floats, edges: Ints) -> tuple[Floats, Floats, Floats]:
    """For bands down to each edge: their contrast, the squares left over, and the squares that there were."""
    sums = [np.concatenate(([0.0], np.cumsum(part)))[edges] for part in (shade, paint, shade * paint, shade * shade)]
    of_shade, of_paint, of_both, of_squares = sums
    spread = of_squares - of_shade**2 / edges
    together = of_both - of_shade * of_paint / edges
    paint_spread = np.maximum(1e-9, edges - of_paint**2 / edges)
    contrast = together / paint_spread
    return contrast, np.maximum(0.0, spread - contrast * together), spread


def _water(shade: Floats, paint: Floats, edges: Ints, contrast: Floats) -> Floats:
    """For water from each edge down: the squares that an even tone and a weaker mirror image leave over."""
    place = np.arange(len(shade))
    mirrored = 2 * edges[:, None] - 1 - place[None, :]
    wet = place[None, :] >= edges[:, None]
    image = np.where(wet & (mirrored >= 0), paint[np.clip(mirrored, 0, len(shade) - 1)], 0.0)
    count = np.maximum(1, wet.sum(axis=1))
    tone = (wet * shade).sum(axis=1) / count
    even = np.where(wet, shade - tone[:, None], 0.0)
    image -= np.where(wet, (image.sum(axis=1) / count)[:, None], 0.0)
    together, image_spread = (even * image).sum(axis=1), np.maximum(1e-9, (image * image).sum(axis=1))
    share = np.clip(together / image_spread / np.where(contrast == 0, 1e-9, contrast), 0, MIRROR) * contrast
    return np.asarray((even * even).sum(axis=1) - 2 * share * together + share * share * image_spread)


def _apart(left: Floats, best: int, contrast: float) -> float:
    """How much worse any edge elsewhere explains the picture, 0 to 1."""
    away = np.abs(np.arange(len(left)) - best) > ELSEWHERE * STEPS_PER_MARK
    if not away.any():
        return 0.0
    enough = ENOUGH * STEPS_PER_MARK * contrast * contrast
    return float(np.clip((float(left[away].min()) - left[best]) / enough, 0, 1))
