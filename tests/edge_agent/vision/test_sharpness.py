"""Blur against a reference."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.vision.config import Box, SightConfig
from edge_agent.vision.picture import view_of
from edge_agent.vision.sharpness import Sharpness, is_blurred, sharpness
from tests.edge_agent.vision.scenes import HEIGHT, WHOLE, WIDTH, lit, noisy, out_of_focus, place

SHARE = SightConfig.model_validate({}).blurred_below


def seen(frame: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> Sharpness:
    found = sharpness(frame, WHOLE)
    assert found is not None
    return found


def reference() -> float:
    relative = seen(place()).relative
    assert relative is not None
    return relative


@pytest.mark.parametrize("px", [6, 8, 12])
def test_out_of_focus_is_blurred_whatever_the_light(px: int) -> None:
    for gain in (1.0, 0.6):
        assert is_blurred(SHARE, seen(lit(out_of_focus(place(), px), gain)), reference()) is True


@settings(deadline=None)
@given(gain=st.floats(0.4, 1.2), offset=st.floats(0, 20), sigma=st.floats(0, 4), seed=st.integers(0, 99))
def test_light_and_sensor_noise_are_no_blur(gain: float, offset: float, sigma: float, seed: int) -> None:
    assert is_blurred(SHARE, seen(noisy(lit(place(), gain, offset), sigma, seed)), reference()) is False


def test_more_blur_is_less_sharp() -> None:
    figures = [seen(place()).absolute, *(seen(out_of_focus(place(), px)).absolute for px in (4, 8, 16))]
    assert figures == sorted(figures, reverse=True)


def test_fog_and_full_masks_cannot_be_judged() -> None:
    fog = seen(np.full((HEIGHT, WIDTH), 140, dtype=np.uint8))
    assert fog == Sharpness(0.0, None)
    assert is_blurred(SHARE, fog, reference()) is None
    assert is_blurred(SHARE, seen(place()), 0.0) is None
    assert sharpness(place(), view_of([Box(left=0, top=0, width=1, height=1)], width=WIDTH, height=HEIGHT)) is None
