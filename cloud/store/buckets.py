"""Values of one point gathered into stretches of time: pure."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from cloud.store.base import Bucket


def buckets_of(readings: Iterable[tuple[int, float]], step_ms: int) -> list[Bucket]:
    """Buckets aligned to multiples of `step_ms` from readings in the order of their times; none is empty."""
    return [
        _bucket(number * step_ms, [value for _, value in group])
        for number, group in groupby(readings, key=lambda reading: reading[0] // step_ms)
    ]


def _bucket(begin: int, values: list[float]) -> Bucket:
    mean = sum(values) / len(values)
    return Bucket(begin, min(values), max(values), mean, values[-1], len(values))
