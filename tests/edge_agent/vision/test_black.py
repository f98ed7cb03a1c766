"""Black, flat and dark."""

from __future__ import annotations

import numpy as np
import pytest

from edge_agent.vision.black import is_black, is_dark
from edge_agent.vision.config import Box, SightConfig
from edge_agent.vision.picture import Frame, view_of
from tests.edge_agent.vision.scenes import HEIGHT, WHOLE, WIDTH, lit, noisy, place, with_box

CONFIG = SightConfig.model_validate({})


def flat(level: int) -> Frame:
    return np.full((HEIGHT, WIDTH), level, dtype=np.uint8)


@pytest.mark.parametrize(
    ("frame", "black"),
    [
        pytest.param(flat(0), True, id="full-range black"),
        pytest.param(flat(16), True, id="television black"),
        pytest.param(noisy(flat(8), 3, 1), True, id="lens cap with sensor noise"),
        pytest.param(with_box(flat(3), 5, 5, size=30), True, id="black with a clock written into it"),
        pytest.param(flat(128), True, id="one flat colour"),
        pytest.param(flat(255), True, id="white"),
        pytest.param(lit(place(), 0.3), False, id="dusk"),
        pytest.param(place(), False, id="day"),
        pytest.param(with_box(flat(3), 5, 5, size=60), False, id="a lamp in the night"),
        pytest.param(noisy(flat(128), 6, 1), False, id="fog with sensor noise"),
    ],
)
def test_black_is_a_picture_without_content(frame: Frame, black: bool) -> None:
    assert is_black(CONFIG, frame, WHOLE) is black


def test_it_is_unknown_when_nothing_may_be_seen() -> None:
    hidden = view_of([Box(left=0, top=0, width=1, height=1)], width=WIDTH, height=HEIGHT)
    assert is_black(CONFIG, place(), hidden) is None


def test_dark_is_below_its_level() -> None:
    assert is_dark(CONFIG, CONFIG.dark_level - 0.1)
    assert not is_dark(CONFIG, CONFIG.dark_level)
