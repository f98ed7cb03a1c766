"""Whether a picture shows anything at all: black, one flat colour, or too dark to judge."""

from __future__ import annotations

import numpy as np

from edge_agent.vision.config import SightConfig
from edge_agent.vision.picture import Frame, View

NEARLY_ALL = 0.97  # the clock that many cameras write into a dead picture covers up to 3 % of it
LEVELS = 256


def is_black(config: SightConfig, frame: Frame, view: View) -> bool | None:
    """True when nearly all of the picture is black or one flat colour; None when nothing may be seen."""
    shares = _shares(frame, view)
    if shares is None:
        return None
    if shares[: int(config.black_level) + 1].sum() >= NEARLY_ALL:
        return True
    median = int(np.searchsorted(np.cumsum(shares), 0.5))
    reach = int(config.flat_levels)
    return bool(shares[max(0, median - reach) : median + reach + 1].sum() >= NEARLY_ALL)


def is_dark(config: SightConfig, brightness: float) -> bool:
    """True when there is too little light to judge focus and aim."""
    return brightness < config.dark_level


def _shares(frame: Frame, view: View) -> np.ndarray[tuple[int], np.dtype[np.float64]] | None:
    seen = frame[view.pixels]
    return np.bincount(seen, minlength=LEVELS) / seen.size if seen.size else None
