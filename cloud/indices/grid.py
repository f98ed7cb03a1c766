"""The times at which indices are given: multiples of a step on the clock of Vietnam, and the begins of its days."""

from __future__ import annotations

import numpy as np

from cloud.indices.signal import Times

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
HANOI_MS = 7 * HOUR_MS  # UTC+7 all year


def grid(begin: int, end: int, *, step_ms: int, offset_ms: int = 0) -> Times:
    """Every time from `begin` to `end`, both included, that is a multiple of the step after midnight at Hà Nội."""
    shift = HANOI_MS - offset_ms
    first = -(-(begin + shift) // step_ms) * step_ms - shift
    return np.arange(first, end + 1, step_ms, dtype=np.int64)


def day_begun(at: Times, *, hour: int = 0) -> Times:
    """When the day that ends at or after each time began, where days run from an hour at Hà Nội to the same hour.

    A time right on the border ends the day before it: the day of 19:00 is told at 19:00.
    """
    shift = HANOI_MS - hour * HOUR_MS
    return np.asarray((at + shift - 1) // DAY_MS * DAY_MS - shift, dtype=np.int64)


def hour_of_day(at: Times) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Hours since midnight at Hà Nội, 0 up to 24."""
    return np.asarray((at + HANOI_MS) % DAY_MS, dtype=np.float64) / HOUR_MS
