"""Levels at a painted staff gauge."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from edge_agent.vision import gauge
from edge_agent.vision.config import Box, GaugeBoard
from edge_agent.vision.gauge import DRY, NO_BOARD, UNSURE, Levels, Reading, look, settled
from edge_agent.vision.picture import view_of
from simulators.devices.rtsp.board import BOARD_PX, BOTTOM_M, BOTTOM_PX, HEIGHT, TOP_M, TOP_PX, WIDTH, gauge_picture

VIEW = view_of((), width=WIDTH, height=HEIGHT)
SETTINGS = {
    "name": "bridge",
    "top": (0.5, TOP_PX / HEIGHT),
    "top_m": TOP_M,
    "bottom": (0.5, BOTTOM_PX / HEIGHT),
    "bottom_m": BOTTOM_M,
    "width": BOARD_PX / WIDTH,
}
BOARD = GaugeBoard.model_validate(SETTINGS)


@settings(max_examples=40, deadline=None)
@given(
    level=st.floats(1.3, 3.5),
    seed=st.integers(0, 99),
    light=st.floats(0.35, 1.1),
    mirror=st.floats(0, 0.7),
    dirt=st.floats(0, 0.6),
)
def test_a_level_is_right_to_half_a_band_or_it_is_not_told(
    level: float, seed: int, light: float, mirror: float, dirt: float
) -> None:
    seen = look(BOARD, gauge_picture(level, seed=seed, light=light, mirror=mirror, dirt=dirt), VIEW)
    assert seen.level_m is None or seen.level_m == pytest.approx(level, abs=BOARD.mark_m / 2)


@pytest.mark.parametrize("level", [1.35, 2.0, 2.417, 3.5])
@pytest.mark.parametrize("light", [1.0, 0.4])
def test_in_ordinary_light_a_clean_board_is_read(level: float, light: float) -> None:
    seen = look(BOARD, gauge_picture(level, light=light), VIEW)
    assert seen.level_m == pytest.approx(level, abs=0.02)
    assert seen.quality > 0.6


@pytest.mark.parametrize(
    ("picture", "reasons"),
    [
        pytest.param(gauge_picture(4.5), {NO_BOARD, UNSURE}, id="under water"),
        pytest.param(gauge_picture(0.5), {DRY}, id="dry"),
        pytest.param(np.full((HEIGHT, WIDTH), 90, dtype=np.uint8), {NO_BOARD}, id="fog"),
        pytest.param(
            np.random.default_rng(1).integers(60, 160, (HEIGHT, WIDTH)).astype(np.uint8), {NO_BOARD, UNSURE}, id="noise"
        ),
    ],
)
def test_what_cannot_be_read_has_no_level(picture: np.ndarray, reasons: set[str]) -> None:
    seen = look(BOARD, picture, VIEW)
    assert seen.level_m is None
    assert seen.why in reasons


def test_a_board_behind_a_mask_is_not_read() -> None:
    masked = view_of([Box(left=0.4, top=0.5, width=0.2, height=0.1)], width=WIDTH, height=HEIGHT)
    assert look(BOARD, gauge_picture(2.0), masked) == Reading(None, 0.0, NO_BOARD)


def test_waves_do_not_count_and_a_lost_board_is_unknown_again() -> None:
    state = Levels()
    for number in range(41):
        wave = 0.08 * (-1) ** number
        state = gauge.step(BOARD, state, Reading(2.0 + wave, 0.9), number / 2)
        if number == 5:
            assert settled(BOARD, state, number / 2).level_m is None
    seen = settled(BOARD, state, 20.0)
    assert seen.level_m == pytest.approx(2.0, abs=0.081)
    assert 0.3 < seen.quality < 0.9
    state = gauge.step(BOARD, state, Reading(None, 0.0, NO_BOARD), 60.0)
    assert settled(BOARD, state, 60.0) == Reading(None, 0.0, NO_BOARD)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"top_m": 1.2}, "four bands"),
        ({"bottom": (0.5, 0.05)}, "below its top"),
        ({"top": (1.5, 0.1)}, "less than or equal to 1"),
    ],
)
def test_an_impossible_board_is_refused(changed: dict[str, object], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        GaugeBoard.model_validate(SETTINGS | changed)
