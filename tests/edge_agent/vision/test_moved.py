"""Turned away or not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.vision.config import SightConfig
from edge_agent.vision.moved import directions, has_structure, likeness
from edge_agent.vision.picture import Frame
from tests.edge_agent.vision.scenes import HEIGHT, WHOLE, WIDTH, lit, noisy, out_of_focus, place, small, with_box

CONFIG = SightConfig.model_validate({})


def alike(frame: Frame, reference: Frame) -> float:
    found = likeness(CONFIG, directions(frame, WHOLE), directions(reference, WHOLE))
    assert found is not None
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda frame: frame, id="the same"),
        pytest.param(lambda frame: lit(frame, 0.4), id="dusk"),
        pytest.param(lambda frame: lit(frame, 1.2, 20), id="sun"),
        pytest.param(lambda frame: 255 - frame, id="dark and bright swapped, as under an infrared lamp"),
        pytest.param(lambda frame: noisy(frame, 8, 5), id="night noise"),
        pytest.param(lambda frame: np.roll(frame, 8, axis=1), id="wind shakes the mast"),
        pytest.param(lambda frame: with_box(frame, 100, 60, size=80), id="a lorry in front"),
        pytest.param(lambda frame: out_of_focus(frame, 4), id="a little out of focus"),
    ],
)
def test_the_same_place_is_known_again(seed: int, change: Callable[[Frame], Frame]) -> None:
    frame = place(seed)
    changed = change(frame)
    assert alike(changed, frame) > CONFIG.moved_below + 0.05


@pytest.mark.parametrize("seed", range(1, 9))
def test_another_place_is_another(seed: int) -> None:
    assert alike(place(seed + 20), place(seed)) < CONFIG.moved_below
    assert alike(np.roll(place(seed), 90, axis=1), place(seed)) < CONFIG.moved_below


@settings(max_examples=30, deadline=None)
@given(gain=st.floats(0.5, 1.1), offset=st.floats(0, 25))
def test_light_changes_nothing(gain: float, offset: float) -> None:
    assert alike(lit(place(), gain, offset), place()) > 0.6


def test_it_cannot_be_told_without_structure_or_in_another_size() -> None:
    fog = np.full((HEIGHT, WIDTH), 140, dtype=np.uint8)
    known = directions(place(), WHOLE)
    assert not has_structure(directions(fog, WHOLE))
    assert likeness(CONFIG, directions(fog, WHOLE), known) is None
    assert likeness(CONFIG, known, np.zeros_like(known)) is None
    assert likeness(CONFIG, known, known[:20]) is None
    assert small(place()).shape == (HEIGHT // 2, WIDTH // 2)
