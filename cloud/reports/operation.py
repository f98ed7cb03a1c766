"""Operation after the hand-over: how long a module worked, how long it took to make it work again, what it costs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from cloud.reports.figures import Series, Word
from cloud.reports.opening import HOUR_MS
from cloud.reports.plan import Module

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Standing:
    """A module in a month. `stops`: how often a device stopped; `repair_h`: the mean of those that ended in it."""

    devices: int
    available_pct: float | None
    stops: int
    unended: int  # stops that lasted beyond the month
    repair_h: float | None
    vnd_per_device: float | None


def standing_of(module: Module, found: Sequence[Series], *, silent: int, begin: int, end: int) -> Standing:
    """What is not proved by readings counts as stopped; a device that was silent stopped for the whole month."""
    devices = len(found) + silent
    hold = round(module.hold_s * 1000)
    runs = [_since(begin, list(working(module, series, end=end)), hold) for series in found]
    stops = [each for one in runs for each in between(one, begin, end)]
    ended = [last - first for first, last in stops if last < end]
    worked = sum(last - first for one in runs for first, last in one)
    return Standing(
        devices=devices,
        available_pct=100 * worked / (devices * (end - begin)) if devices else None,
        stops=len(stops) + silent,
        unended=len(stops) - len(ended) + silent,
        repair_h=sum(ended) / len(ended) / HOUR_MS if ended else None,
        vnd_per_device=module.vnd_per_month / devices if devices and module.vnd_per_month is not None else None,
    )


def word_for(module: Module, standing: Standing) -> Word:
    """How the availability stands against its target."""
    if standing.available_pct is None:
        return "none"
    if module.target is None:
        return "trend"
    return "met" if standing.available_pct >= module.target else "missed"


def cost_word(module: Module, standing: Standing) -> Literal["met", "missed", "none"]:
    """Whether a device costs more than it may."""
    if standing.vnd_per_device is None or module.budget_vnd is None:
        return "none"
    return "met" if standing.vnd_per_device <= module.budget_vnd else "missed"


def working(module: Module, series: Series, *, end: int) -> Iterator[Span]:
    """The stretches in which a device worked, joined where one follows at once on the other."""
    hold, run = round(module.hold_s * 1000), None
    following = [*series.times[1:], end]
    for at, value, until in zip(series.times, series.values, following, strict=True):
        if module.at_least is not None and value < module.at_least:
            continue
        last = min(until, at + hold)
        if run is not None and at <= run[1]:
            run = (run[0], last)
        else:
            if run is not None:
                yield run
            run = (at, last)
    if run is not None:
        yield run


def between(runs: Iterable[Span], begin: int, end: int) -> Iterator[Span]:
    """The stretches between two times that no run covers."""
    at = begin
    for first, last in runs:
        if first > at:
            yield at, first
        at = last
    if at < end:
        yield at, end


def _since(begin: int, runs: list[Span], hold: int) -> list[Span]:
    """A run that begins within one hold of the month's begin: the reading before the month held until then."""
    if runs and runs[0][0] - begin <= hold:
        return [(begin, runs[0][1]), *runs[1:]]
    return runs
