"""How much moves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.vision.config import Box, SightConfig
from edge_agent.vision.motion import motion
from edge_agent.vision.picture import view_of
from tests.edge_agent.vision.scenes import HEIGHT, WHOLE, WIDTH, lit, noisy, place, small, with_box

CONFIG = SightConfig.model_validate({})


def test_a_thing_counts_with_its_area() -> None:
    before = np.full((HEIGHT, WIDTH), 80, dtype=np.uint8)
    share = motion(CONFIG, WHOLE, before, with_box(before, 40, 40, size=40, level=200))
    assert share == pytest.approx(40 * 40 / (WIDTH * HEIGHT), rel=0.01)


LIGHT = st.one_of(st.tuples(st.floats(0.5, 1.1), st.just(0.0)), st.tuples(st.just(1.0), st.floats(-20, 20)))


@settings(deadline=None)
@given(light=LIGHT, sigma=st.floats(0, 6), seed=st.integers(0, 50))
def test_light_and_noise_do_not_move(light: tuple[float, float], sigma: float, seed: int) -> None:
    before = lit(place(), 0.8, 20)
    assert motion(CONFIG, WHOLE, before, noisy(lit(before, *light), sigma, seed)) == 0.0


def test_a_night_too_dark_for_ratios_is_still_compared() -> None:
    dark = np.full((HEIGHT, WIDTH), 5, dtype=np.uint8)
    assert motion(CONFIG, WHOLE, dark, with_box(dark, 40, 40)) == pytest.approx(24 * 24 / (WIDTH * HEIGHT))


def test_a_great_thing_does_not_make_the_rest_move() -> None:
    share = motion(CONFIG, WHOLE, place(), with_box(place(), 0, 0, size=120))
    assert share is not None
    assert share <= 120 * 120 / (WIDTH * HEIGHT)


@settings(deadline=None)
@given(st.integers(0, 200), st.integers(0, 100), st.integers(8, 60))
def test_it_is_a_share(left: int, top: int, size: int) -> None:
    share = motion(CONFIG, WHOLE, place(), with_box(place(), left, top, size=size))
    assert share is not None
    assert 0 <= share <= 1


def test_masked_parts_do_not_move() -> None:
    view = view_of([Box(left=0, top=0, width=0.5, height=1)], width=WIDTH, height=HEIGHT)
    assert motion(CONFIG, view, place(), with_box(place(), 20, 20)) == 0.0


def test_it_is_unknown_when_it_cannot_be_told() -> None:
    nothing = view_of([Box(left=0, top=0, width=1, height=1)], width=WIDTH, height=HEIGHT)
    assert motion(CONFIG, nothing, place(), place()) is None
    assert motion(CONFIG, WHOLE, place(), small(place())) is None
