"""Rain on the lens, and burnt-out pictures."""

from __future__ import annotations

import numpy as np
import pytest

from edge_agent.vision.config import Box, SightConfig
from edge_agent.vision.drops import has_drops, tiles
from edge_agent.vision.exposure import is_over_exposed
from edge_agent.vision.picture import Frame, view_of
from tests.edge_agent.vision.scenes import HEIGHT, WHOLE, WIDTH, lit, noisy, out_of_focus, place, with_box, with_drops

CONFIG = SightConfig.model_validate({})
NOTHING = view_of([Box(left=0, top=0, width=1, height=1)], width=WIDTH, height=HEIGHT)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(
    ("change", "light", "wet"),
    [
        (lambda frame: noisy(frame, 2, 7), 1.0, False),
        (with_drops, 1.0, True),
        (lambda frame: lit(with_drops(frame), 0.6), 0.6, True),
        (lambda frame: lit(frame, 0.6), 0.6, False),
        (lambda frame: with_box(frame, 100, 60, size=40, level=90), 1.0, False),
        (lambda frame: out_of_focus(frame, 12), 1.0, None),
    ],
    ids=["dry", "drops", "drops at dusk", "dusk", "something in the way", "out of focus"],
)
def test_drops_melt_spots_and_nothing_else_does(seed: int, change: object, light: float, wet: bool | None) -> None:
    assert callable(change)
    seen = has_drops(CONFIG, tiles(change(place(seed)), WHOLE), tiles(place(seed), WHOLE), light=light)
    assert seen is wet


def test_it_cannot_be_told_without_structure_in_another_size_or_in_the_dark() -> None:
    known = tiles(place(), WHOLE)
    empty = tiles(np.full((HEIGHT, WIDTH), 120, dtype=np.uint8), WHOLE)
    assert has_drops(CONFIG, known, empty, light=1.0) is None
    assert has_drops(CONFIG, known[:5], known, light=1.0) is None
    assert has_drops(CONFIG, known, known, light=0.0) is None
    assert has_drops(CONFIG, tiles(place(), NOTHING), tiles(place(), NOTHING), light=1.0) is None


@pytest.mark.parametrize(
    ("frame", "burnt"),
    [(place(), False), (lit(place(), 1.6, 40), True), (with_box(place(), 9, 9, size=60, level=255), False)],
    ids=["day", "burnt out", "a lamp"],
)
def test_a_picture_is_over_exposed_when_much_of_it_is_burnt_out(frame: Frame, burnt: bool) -> None:
    assert is_over_exposed(CONFIG, frame, WHOLE) is burnt
    assert is_over_exposed(CONFIG, frame, NOTHING) is None
