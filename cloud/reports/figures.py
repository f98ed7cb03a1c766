"""Works indicators out from stored readings: each counts until the next one, but no longer than it may hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf
from typing import Literal

from cloud.reports.plan import Indicator

HOUR_MS = 3_600_000
Word = Literal["met", "missed", "trend", "none"]


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of a month; None = there was no data. `covered_pct` of the month of all devices has data."""

    value: float | None
    covered_pct: float | None
    devices: int
    silent: int  # devices known to the centre without any reading in that time
    readings: int


@dataclass(frozen=True, slots=True)
class Series:
    """The good readings of one device in a month."""

    times: Sequence[int]
    values: Sequence[float]


def figure_of(indicator: Indicator, found: Sequence[Series], *, silent: int, begin: int, end: int) -> Figure:
    """The indicator over all devices; those that were silent lower its coverage."""
    hold = round(indicator.hold_s * 1000)
    held = [each for series in found for each in held_times(series, hold=hold, end=end)]
    covered = sum(span for _, span in held)
    devices = len(found) + silent
    whole = devices * (end - begin)
    return Figure(
        value=_value(indicator, held) if covered else None,
        covered_pct=100 * covered / whole if whole else None,
        devices=devices,
        silent=silent,
        readings=sum(len(series.times) for series in found),
    )


def held_times(series: Series, *, hold: int, end: int) -> Iterator[tuple[float, int]]:
    """Each value with the milliseconds for which it counts."""
    following = [*series.times[1:], end]
    for at, value, until in zip(series.times, series.values, following, strict=True):
        yield value, min(until - at, hold)


def word_of(indicator: Indicator, value: float | None) -> Word:
    """How the figure stands against its target."""
    if value is None:
        return "none"
    if indicator.target is None:
        return "trend"
    met = value >= indicator.target if indicator.better == "higher" else value <= indicator.target
    return "met" if met else "missed"


def _value(indicator: Indicator, held: Sequence[tuple[float, int]]) -> float:
    covered = sum(span for _, span in held)
    if indicator.how == "mean":
        return sum(value * span for value, span in held) / covered
    if indicator.how == "median":
        return _median(held, covered)
    low = -inf if indicator.at_least is None else indicator.at_least
    high = inf if indicator.at_most is None else indicator.at_most
    inside = sum(span for value, span in held if low <= value <= high)
    return inside / HOUR_MS if indicator.how == "hours" else 100 * inside / covered


def _median(held: Sequence[tuple[float, int]], covered: int) -> float:
    """The value that holds, or is undercut, for half of the time."""
    passed = 0
    for value, span in sorted(held):
        passed += span
        if 2 * passed >= covered:
            return value
    raise AssertionError("half of a positive sum is always reached")
