"""Draws the readings of a device small: for each stretch of time its smallest, largest and last value."""

from __future__ import annotations

import numpy as np

from cloud.rules.kinds.schedule import Schedule
from cloud.rules.kinds.threshold import Threshold as ThresholdKind
from cloud.rules.kinds.window import Window
from cloud.rules.rehearse_report import Chart, Threshold
from cloud.rules.rule import Rule
from cloud.store.base import RawColumn, SeriesKey

BUCKETS = 480  # two pixels each on a wide page
STEPS_MS = tuple(minutes * 60_000 for minutes in (1, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440))


def step_for(begin: int, end: int) -> int:
    """A step of round minutes that cuts the time into few enough buckets."""
    return next((step for step in STEPS_MS if (end - begin) / step <= BUCKETS), STEPS_MS[-1])


def chart_of(rule: Rule, site: str, key: SeriesKey, column: RawColumn, *, unit: str, step_ms: int) -> Chart:
    """The chart of one device, with the levels that are values of its point."""
    return Chart(
        site, key.gateway, key.device, key.point, unit, step_ms, _buckets(column, step_ms), thresholds_of(rule)
    )


def thresholds_of(rule: Rule) -> tuple[Threshold, ...]:
    """The rule's levels; only those of some kinds are values of the point."""
    kind = rule.kind
    drawn = isinstance(kind, ThresholdKind | Schedule) or (
        isinstance(kind, Window) and kind.figure in ("min", "mean", "max", "percentile")
    )
    levels = [kind.level(number + 1) for number in range(len(kind.levels))]
    return tuple(
        Threshold(level.name, level.words, level.severity, level.threshold if drawn else None) for level in levels
    )


def _buckets(column: RawColumn, step_ms: int) -> tuple[tuple[int, float, float, float], ...]:
    if not column.times:
        return ()
    begins = np.asarray(column.times, np.int64) // step_ms * step_ms
    values = np.asarray(column.values, np.float64)
    first = np.flatnonzero(np.concatenate(([True], np.diff(begins) > 0)))
    last = np.concatenate((first[1:], [len(values)])) - 1
    lows, highs = np.minimum.reduceat(values, first), np.maximum.reduceat(values, first)
    return tuple(zip(begins[first].tolist(), lows.tolist(), highs.tolist(), values[last].tolist(), strict=True))
