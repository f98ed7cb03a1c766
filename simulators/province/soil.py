"""How wet the ground is, and how slopes answer: a bucket that fills with rain and drains, and a slope that gives way.

All [hours], [mm] and shares are engineering defaults.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from simulators.province.grid import STEP_H, Series

CAPACITY_MM = 190.0  # of the weathered layer of these slopes
SOAKS_IN = 0.75  # share of the rain; the rest runs off
DRAINS_H = 90.0  # memory of the drainage down to what the ground holds against gravity
HELD = 0.45  # share that it holds
WEAKEST, STRONGEST = 84.0, 104.0  # saturation in % at which a slope begins to move; most never do
TILT_DEG_H = 1.6  # of the weakest slope when it is full and 200 mm have fallen in a day
CRACK_MM_PER_DEG = 9.0


@dataclass(frozen=True, slots=True)
class Slope:
    """One slope over the whole story."""

    wetness: Series
    rate_deg_h: Series
    tilt_deg: Series


def wetness(rates: Sequence[float], *, begin: float) -> list[float]:
    """Share of the pores that are full, 0 to 1, under this rain in mm/h."""
    held, told = begin, []
    for rate in rates:
        told.append(held)
        drained = max(0.0, held - HELD) * STEP_H / DRAINS_H
        held = min(1.0, held + SOAKS_IN * rate * STEP_H / CAPACITY_MM * (1.15 - held) - drained)
    return told


def slope(rates: Sequence[float], *, begin: float, strength_pct: float) -> Slope:
    """A slope of this strength: it creeps when the ground is wetter than it bears, faster the harder it has rained."""
    wet = wetness(rates, begin=begin)
    day = _last_day(rates)
    weak = [max(0.0, (100 * share - strength_pct) / (100.0 - WEAKEST)) for share in wet]
    speeds = [TILT_DEG_H * over * min(1.5, fallen / 200) for over, fallen in zip(weak, day, strict=True)]
    return Slope(Series(wet), Series(speeds), Series([0.0, *accumulate(speed * STEP_H for speed in speeds[:-1])]))


def strength_pct(site: str) -> float:
    """How wet a slope can be before it moves; belongs to the site for ever."""
    share = int.from_bytes(hashlib.blake2b(site.encode(), digest_size=4).digest(), "big") / 2**32
    return WEAKEST + (STRONGEST - WEAKEST) * share


def _last_day(rates: Sequence[float]) -> list[float]:
    sums = [0.0, *accumulate(rate * STEP_H for rate in rates)]
    steps = round(24 / STEP_H)
    return [sums[step] - sums[max(0, step - steps)] for step in range(len(rates))]
