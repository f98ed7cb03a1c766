"""Pictures for the tests: places with edges and fine structure, and what happens to them on the way."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from edge_agent.vision.picture import Frame, View, block_means, view_of

WIDTH, HEIGHT = 320, 180
WHOLE: View = view_of((), width=WIDTH, height=HEIGHT)


def place(seed: int = 1) -> Frame:
    """A place: boxes of many sizes on two grounds, with grain; two seeds are two places."""
    dice = np.random.default_rng(seed)
    picture = np.full((HEIGHT, WIDTH), 150.0)
    picture[int(dice.integers(60, 110)) :] = 90
    for _ in range(25):
        left, top = int(dice.integers(0, WIDTH - 60)), int(dice.integers(0, HEIGHT - 50))
        wide, high = int(dice.integers(12, 60)), int(dice.integers(12, 50))
        picture[top : top + high, left : left + wide] = dice.integers(50, 210)
    picture += np.kron(dice.uniform(-10, 10, (HEIGHT // 2, WIDTH // 2)), np.ones((2, 2)))
    return clipped(picture)


def clipped(levels: npt.NDArray[np.floating]) -> Frame:
    """As a camera gives it."""
    return levels.clip(0, 255).round().astype(np.uint8)


def noisy(frame: Frame, sigma: float, seed: int) -> Frame:
    """With a sensor's noise."""
    return clipped(frame + np.random.default_rng(seed).normal(0, sigma, frame.shape))


def lit(frame: Frame, gain: float, offset: float = 0.0) -> Frame:
    """In other light."""
    return clipped(frame * gain + offset)


def out_of_focus(frame: Frame, px: int = 8) -> Frame:
    """Blurred by a box of so many pixels."""
    soft = frame.astype(np.float64)
    for axis in (0, 1):
        soft = np.mean([np.roll(soft, step, axis) for step in range(-(px // 2), px // 2 + 1)], axis=0)
    return clipped(soft)


def with_box(frame: Frame, left: int, top: int, *, size: int = 24, level: int = 250) -> Frame:
    """With something bright standing there."""
    out = frame.copy()
    out[top : top + size, left : left + size] = level
    return out


def with_drops(frame: Frame, *, count: int = 14, seed: int = 5) -> Frame:
    """Seen through drops on the lens: round spots in which everything melts."""
    melted = out_of_focus(frame, 16)
    dice = np.random.default_rng(seed)
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    inside = np.zeros(frame.shape, dtype=np.bool_)
    for _ in range(count):
        x, y, reach = dice.uniform(20, WIDTH - 20), dice.uniform(20, HEIGHT - 20), dice.uniform(12, 22)
        inside |= (columns - x) ** 2 + (rows - y) ** 2 < reach**2
    return np.where(inside, melted, frame)


def small(frame: Frame) -> Frame:
    """Half the size."""
    return clipped(block_means(frame, 2).astype(np.float64))
