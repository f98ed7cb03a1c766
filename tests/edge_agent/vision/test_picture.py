"""Masks, cells and light."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.vision.config import Box
from edge_agent.vision.picture import block_means, brightness, burn, view_of
from tests.edge_agent.vision.scenes import HEIGHT, WHOLE, WIDTH, place

EVERYTHING = Box(left=0, top=0, width=1, height=1)


def test_masked_pixels_are_black_and_the_others_untouched() -> None:
    view = view_of([Box(left=0.5, top=0, width=0.5, height=0.25)], width=WIDTH, height=HEIGHT)
    burnt = burn(place(), view)
    assert not burnt[: HEIGHT // 4, WIDTH // 2 :].any()
    assert np.array_equal(burnt[view.pixels], place()[view.pixels])


@settings(deadline=None)
@given(st.floats(0, 0.9), st.floats(0, 0.9), st.floats(0.01, 0.1), st.floats(0.01, 0.1))
def test_a_mask_hides_every_pixel_that_it_touches(left: float, top: float, width: float, height: float) -> None:
    view = view_of([Box(left=left, top=top, width=width, height=height)], width=WIDTH, height=HEIGHT)
    rows = slice(int(np.floor(top * HEIGHT + 1e-6)), int(np.ceil((top + height) * HEIGHT - 1e-6)))
    columns = slice(int(np.floor(left * WIDTH + 1e-6)), int(np.ceil((left + width) * WIDTH - 1e-6)))
    assert not view.pixels[rows, columns].any()
    assert not (view.cells & ~(block_means(view.pixels, 4) == 1)).any()
    assert not (view.inner_cells & ~view.cells).any()


def test_brightness_is_the_mean_of_what_may_be_seen() -> None:
    frame = np.full((HEIGHT, WIDTH), 100, dtype=np.uint8)
    view = view_of([Box(left=0, top=0, width=0.5, height=1)], width=WIDTH, height=HEIGHT)
    assert brightness(burn(frame, view), view) == pytest.approx(100)
    assert brightness(frame, view_of([EVERYTHING], width=WIDTH, height=HEIGHT)) is None


def test_block_means_leave_out_what_fills_no_block() -> None:
    assert block_means(np.arange(30, dtype=np.uint8).reshape(5, 6), 4).tolist() == [[10.5]]


def test_without_masks_all_but_the_border_counts() -> None:
    assert WHOLE.pixels.all()
    assert WHOLE.cells.all()
    assert WHOLE.inner_cells.sum() == (HEIGHT // 4 - 2) * (WIDTH // 4 - 2)


@pytest.mark.parametrize(
    "wrong", [{"left": 0.6, "width": 0.5}, {"top": 0.9, "height": 0.2}, {"width": 0}, {"left": -0.1}]
)
def test_a_mask_stays_inside_the_picture(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"rectangle leaves|greater than"):
        Box.model_validate({"left": 0, "top": 0, "width": 0.1, "height": 0.1, **wrong})
