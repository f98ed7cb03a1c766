"""Whether so much of the picture is burnt out that nobody can tell what is there."""

from __future__ import annotations

import numpy as np

from edge_agent.vision.config import SightConfig
from edge_agent.vision.picture import Frame, View


def is_over_exposed(config: SightConfig, frame: Frame, view: View) -> bool | None:
    """True when too many pixels stand at the sensor's end; None when nothing may be seen."""
    seen = frame[view.pixels]
    if seen.size == 0:
        return None
    return bool(np.count_nonzero(seen >= config.burnt_level) >= config.over_exposed_share * seen.size)
