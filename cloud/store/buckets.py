"""Values of one point gathered into stretches of time: pure."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from cloud.store.base import Bucket
from cloud.store.roll_up import MINUTE, Rolled


def buckets_of(readings: Iterable[tuple[int, float]], step_ms: int) -> list[Bucket]:
    """Buckets aligned to multiples of `step_ms` from readings in the order of their times; none is empty."""
    return [
        _bucket(number * step_ms, [value for _, value in group])
        for number, group in groupby(readings, key=lambda reading: reading[0] // step_ms)
    ]


def minutes_of(readings: Iterable[tuple[int, float]]) -> list[Rolled]:
    """The windows of a minute from readings in the order of their times; none is empty."""
    return [
        _rolled(number * MINUTE.step_ms, [value for _, value in group])
        for number, group in groupby(readings, key=lambda reading: reading[0] // MINUTE.step_ms)
    ]


def _rolled(begin: int, values: list[float]) -> Rolled:
    return Rolled(begin, min(values), max(values), sum(values), len(values), values[-1])


def _bucket(begin: int, values: list[float]) -> Bucket:
    mean = sum(values) / len(values)
    return Bucket(begin, min(values), max(values), mean, values[-1], len(values))
