"""The empty street as it usually looks, and what stands out from it now.

The picture is reduced to blocks of 2 x 2 pixels. A short row of pictures makes the first guess (the middle value of
each block, so that a passing car leaves no ghost); then each block follows slowly, and much slower where something
stands, so that a parked car becomes part of the street after a while and a waiting one does not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from edge_agent.vision.config import CountConfig
from edge_agent.vision.picture import Frame, Grid, Seen, block_means

BLOCK_PX = 2
FIRST_PICTURES = 11  # of the learning; the middle of so many is the street if it is empty more than half of the time
NOISE_TIMES = 4.0  # a block must differ by so many times its usual noise
LEAST_NOISE = 1.0
SLOWER_WHERE_SOMETHING_STANDS = 12.0
LEAST_LIGHT = 16.0


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """The empty street: its usual level and noise per block, or the pictures from which it is learnt."""

    at: float
    usual: tuple[Grid, Grid] | None = None
    first: tuple[Grid, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """What stands out now."""

    blocks: Seen
    excess: Grid  # how far beyond its limit each block is, as a multiple of the limit
    share: float  # of the visible blocks


def step(
    config: CountConfig, seen: Seen, state: Ground | None, frame: Frame, at: float
) -> tuple[Ground, Standing | None]:
    """The state after one more picture, and what stands out; None while the street is being learnt."""
    now = block_means(frame, BLOCK_PX)
    state = state or Ground(at)
    if state.usual is None:
        return _learn(config, state, now, at), None
    level, noise = state.usual
    even = now * _gain(now, level, seen)
    away = np.abs(even - level)
    limit = np.maximum(np.float32(config.levels), NOISE_TIMES * noise)
    blocks: Seen = (away > limit) & seen
    share = float(np.count_nonzero(blocks)) / max(1, int(np.count_nonzero(seen)))
    passed = min(0.5, max(0.0, at - state.at) / config.background_s)
    return Ground(at, _followed((level, noise), even, blocks, passed)), Standing(blocks, away / limit, share)


def _learn(config: CountConfig, state: Ground, now: Grid, at: float) -> Ground:
    wait_s = config.learn_s / FIRST_PICTURES
    if state.first and at - state.at < wait_s:
        return state
    first = (*state.first, now)
    if len(first) < FIRST_PICTURES:
        return replace(state, at=at, first=first)
    stack = np.stack(first)
    level = np.median(stack, axis=0).astype(np.float32)
    noise = 1.48 * np.median(np.abs(stack - level), axis=0)  # a normal spread from the median of deviations
    return Ground(at, (level, np.maximum(noise, LEAST_NOISE).astype(np.float32)))


def _followed(usual: tuple[Grid, Grid], now: Grid, blocks: Seen, share: float) -> tuple[Grid, Grid]:
    """The street a little more like the present picture."""
    level, noise = usual
    weight: Grid = np.where(blocks, share / SLOWER_WHERE_SOMETHING_STANDS, share).astype(np.float32)
    change = now - level
    spread = noise + np.where(blocks, np.float32(0), weight) * (np.float32(1.25) * np.abs(change) - noise)
    return level + weight * change, np.maximum(spread, np.float32(LEAST_NOISE))


def _gain(now: Grid, level: Grid, seen: Seen) -> float:
    """What evens out a cloud before the sun: most of the picture stays street."""
    sample = (slice(None, None, 4), slice(None, None, 4))
    lit = (now[sample] >= LEAST_LIGHT) & seen[sample]
    return float(np.median(level[sample][lit] / now[sample][lit])) if lit.any() else 1.0
