"""Works indicators out from stored readings: each counts until the next one, but no longer than it may hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf
from typing import Literal

from cloud.reports.opening import HOUR_MS
from cloud.reports.plan import Indicator, Side

Word = Literal["met", "missed", "trend", "idle", "none"]


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of a month; None = there was no data. `covered_pct` of the time that it is about has data."""

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


@dataclass(frozen=True, slots=True)
class Held:
    """A value, from when on it counts and until when."""

    value: float
    begin: int
    end: int

    @property
    def lasts(self) -> int:
        """For so many milliseconds."""
        return self.end - self.begin


@dataclass(slots=True)
class _Part:
    """What one device adds, in ms: a month of all devices at once would be too much to keep."""

    covered: int
    inside: int = 0
    weighted: float = 0.0
    spans: Counter[float] = field(default_factory=Counter)  # how long each value held
    outside: Sequence[int] = ()  # the lengths of its stretches outside the range


def figure_of(indicator: Indicator, found: Sequence[Series], *, silent: int, begin: int, end: int) -> Figure:
    """The indicator over all devices; those that were silent lower its coverage."""
    parts = [_part(indicator, list(held_times(series, indicator, end=end))) for series in found]  # of one at a time
    covered = sum(each.covered for each in parts)
    devices = len(found) + silent
    whole = devices * indicator.opening.lasts(begin, end)
    covered_pct = 100 * covered / whole if whole else None
    if not covered:
        value = None
    elif indicator.how == "coverage":
        value = covered_pct
    elif indicator.how == "rise":
        value = sum(max(0.0, after - before) for series in found for before, after in pairwise(series.values))
    elif indicator.how in ("excursions", "repair_h"):
        value = _of_stretches(indicator, parts, covered / (end - begin))
    else:
        value = _value(indicator, parts, covered)
    return Figure(value, covered_pct, devices, silent, sum(len(series.times) for series in found))


def held_times(series: Series, indicator: Indicator, *, end: int) -> Iterator[Held]:
    """Each value with the time for which it counts, within the hours that the indicator is about."""
    hold, opening = round(indicator.hold_s * 1000), indicator.opening
    following = [*series.times[1:], end]
    for at, value, until in zip(series.times, series.values, following, strict=True):
        closes = opening.ends(at)
        if closes is not None:
            yield Held(value, at, min(until, at + hold, closes))


def word_of(indicator: Indicator, figure: Figure) -> Word:
    """How the figure stands against its target; idle: it was looked at all the time, and nothing happened."""
    if figure.value is None:
        return "idle" if figure.covered_pct else "none"
    return verdict_on(figure.value, indicator.target, indicator.better)


def verdict_on(value: float, target: float | None, better: Side) -> Word:
    """How a value stands against a target; without a target only the trend is shown."""
    if target is None:
        return "trend"
    met = value >= target if better == "higher" else value <= target
    return "met" if met else "missed"


def stretches(held: Iterable[Held], low: float, high: float) -> Iterator[int]:
    """How long values stayed outside the range, each time; time without data ends a stretch."""
    begin = end = None
    for each in held:
        outside = not low <= each.value <= high
        if begin is not None and end is not None and (not outside or each.begin > end):
            yield end - begin
            begin = None
        if outside:
            begin, end = each.begin if begin is None else begin, each.end
    if begin is not None and end is not None:
        yield end - begin


def _range(indicator: Indicator) -> tuple[float, float]:
    low = -inf if indicator.at_least is None else indicator.at_least
    return low, inf if indicator.at_most is None else indicator.at_most


def _part(indicator: Indicator, held: Sequence[Held]) -> _Part:
    how, (low, high) = indicator.how, _range(indicator)
    part = _Part(sum(each.lasts for each in held))
    if how == "mean":
        part.weighted = sum(each.value * each.lasts for each in held)
    elif how == "median":
        for each in held:
            part.spans[each.value] += each.lasts
    elif how in ("share", "hours"):
        part.inside = sum(each.lasts for each in held if low <= each.value <= high)
    elif how in ("excursions", "repair_h"):
        part.outside = [each for each in stretches(held, low, high) if each >= indicator.least_s * 1000]
    return part


def _of_stretches(indicator: Indicator, parts: Sequence[_Part], device_months: float) -> float | None:
    found = [each for one in parts for each in one.outside]
    if indicator.how == "excursions":
        return 100 * len(found) / device_months
    return sum(found) / len(found) / HOUR_MS if found else None


def _value(indicator: Indicator, parts: Sequence[_Part], covered: int) -> float:
    if indicator.how == "mean":
        return sum(each.weighted for each in parts) / covered
    if indicator.how == "median":
        return _median(parts, covered)
    inside = sum(each.inside for each in parts)
    return inside / HOUR_MS if indicator.how == "hours" else 100 * inside / covered


def _median(parts: Sequence[_Part], covered: int) -> float:
    """The value that holds, or is undercut, for half of the time."""
    spans: Counter[float] = Counter()
    for each in parts:
        spans.update(each.spans)
    passed = 0
    for value, span in sorted(spans.items()):
        passed += span
        if 2 * passed >= covered:
            return value
    raise AssertionError("half of a positive sum is always reached")
