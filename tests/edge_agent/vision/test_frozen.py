"""The same picture again and again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.vision import frozen
from edge_agent.vision.config import Box, SightConfig
from edge_agent.vision.frozen import Freeze
from edge_agent.vision.picture import Frame, view_of
from tests.edge_agent.vision.scenes import HEIGHT, WHOLE, WIDTH, lit, noisy, place, small, with_box

CONFIG = SightConfig.model_validate({})
BASE = place()


def encoded(frame: Frame, seed: int) -> Frame:
    """What an encoder makes of a dead picture: a fifth of the pixels one or two levels off."""
    dice = np.random.default_rng(seed)
    off = dice.integers(-2, 3, frame.shape) * (dice.random(frame.shape) < 0.2)
    return (frame.astype(np.int16) + off).clip(0, 255).astype(np.uint8)


def run(frames: list[Frame], every_s: float = 0.5) -> bool:
    state: Freeze | None = None
    for number, frame in enumerate(frames):
        state = frozen.step(CONFIG, WHOLE, state, frame, number * every_s)
    assert state is not None
    return state.is_frozen(CONFIG)


@pytest.mark.parametrize(
    ("frames", "is_frozen"),
    [
        pytest.param([BASE] * 13, True, id="the very same for 6 s"),
        pytest.param([BASE] * 12, False, id="the very same for 5.5 s"),
        pytest.param([encoded(BASE, seed) for seed in range(13)], True, id="the same with encoder noise"),
        pytest.param([noisy(BASE, 1.0, seed) for seed in range(40)], False, id="a still place with sensor noise"),
        pytest.param([with_box(BASE, 4, 4, size=8, level=80 + n % 2 * 90) for n in range(40)], False, id="clock ticks"),
        pytest.param([lit(BASE, 1 - n / 100) for n in range(40)], False, id="the light fades"),
        pytest.param([BASE] * 30 + [with_box(BASE, 99, 99)], False, id="alive again"),
        pytest.param([BASE] * 30 + [small(BASE)], False, id="the size switches"),
    ],
)
def test_frozen_is_the_same_for_long_enough(frames: list[Frame], is_frozen: bool) -> None:
    assert run(frames) is is_frozen


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.floats(0.05, 3.0)), max_size=40))
def test_it_is_frozen_exactly_when_nothing_changed_for_the_limit(steps: list[tuple[bool, float]]) -> None:
    at, changed_at, seed = 0.0, 0.0, 1
    tiny = view_of((), width=16, height=16)
    picture = np.full((16, 16), 10, dtype=np.uint8)
    state = frozen.step(CONFIG, tiny, None, picture, at)
    for changes, wait_s in steps:
        at += wait_s
        if changes:
            seed, changed_at = seed + 1, at
            picture = np.full((16, 16), 10 + seed * 5 % 240, dtype=np.uint8)
        state = frozen.step(CONFIG, tiny, state, picture, at)
        assert state.is_frozen(CONFIG) == (at - changed_at >= CONFIG.frozen_after_s)


def test_what_is_masked_does_not_keep_a_picture_alive() -> None:
    view = view_of([Box(left=0, top=0, width=0.25, height=0.25)], width=WIDTH, height=HEIGHT)
    assert frozen.is_same(CONFIG, view, BASE, with_box(BASE, 4, 4))
    nothing = view_of([Box(left=0, top=0, width=1, height=1)], width=WIDTH, height=HEIGHT)
    assert frozen.is_same(CONFIG, nothing, BASE, place(2))
