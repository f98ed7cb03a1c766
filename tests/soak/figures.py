"""What the samples of a soak say: slopes after the warm-up, and the slowest answers then and later; pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

HOUR_S = 3600.0
WARM_UP_SHARE = 1 / 3


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at one process."""

    at_s: float
    rss_mb: float
    descriptors: int


@dataclass(frozen=True, slots=True)
class Growth:
    """How a process changed after its warm-up, by least squares, per hour."""

    rss_mb: float
    rss_mb_per_h: float
    rss_percent_per_h: float
    descriptors: int
    descriptors_per_h: float


@dataclass(frozen=True, slots=True)
class Slowness:
    """The 99th percentile of a latency in the first and in the last third."""

    count: int
    first_p99_s: float
    last_p99_s: float


def growth_of(samples: Sequence[Sample]) -> Growth:
    """The first third is warm-up and counts for nothing."""
    begin, end = samples[0].at_s, samples[-1].at_s
    warm = [each for each in samples if each.at_s >= begin + (end - begin) * WARM_UP_SHARE]
    times = [each.at_s for each in warm]
    mean = sum(each.rss_mb for each in warm) / len(warm)
    rss = slope([*zip(times, (each.rss_mb for each in warm), strict=True)]) * HOUR_S
    descriptors = slope([*zip(times, (float(each.descriptors) for each in warm), strict=True)]) * HOUR_S
    return Growth(
        round(mean, 1), round(rss, 2), round(100 * rss / mean, 2), warm[-1].descriptors, round(descriptors, 2)
    )


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Least squares; 0 where there is no line."""
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0


def slowness_of(latencies: Sequence[tuple[float, float]], *, begin: float, end: float) -> Slowness:
    """Of (when, seconds) pairs."""
    third = (end - begin) / 3
    first = [seconds for at, seconds in latencies if at < begin + third]
    last = [seconds for at, seconds in latencies if at >= end - third]
    return Slowness(len(latencies), round(p99(first), 3), round(p99(last), 3))


def p99(values: Sequence[float]) -> float:
    """The smallest value that 99 in 100 do not exceed; 0 of nothing."""
    return sorted(values)[math.ceil(len(values) * 0.99) - 1] if values else 0.0
