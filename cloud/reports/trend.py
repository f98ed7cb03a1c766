"""A figure over twelve months: which months, which kept values belong together, and the line to draw (pure)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from cloud.reports.month import Month
from cloud.reports.plan import Indicator, Module, Reaction

MONTHS: Final = 12  # with the month of the report
LEAST: Final = 2  # a single month is no trend
# What may change without making another figure of it: earlier months stay comparable.
WORDING: Final = frozenset(
    {"project", "text", "name", "formula", "digits", "target", "better", "source", "confirmed", "vnd_per_month",
     "budget_vnd"}
)  # fmt: skip

Definition = Indicator | Module | Reaction
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Curve:
    """A line in a box whose origin is its upper left corner: stretches of months with data, and the target's height."""

    runs: tuple[tuple[Point, ...], ...]
    last: Point | None  # of the newest month, when it has data
    target: float | None
    low: float
    high: float
    known: int


def months_until(month: Month) -> list[Month]:
    """The twelve months that end with this one, oldest first."""
    found = [month]
    while len(found) < MONTHS:
        found.insert(0, found[0].before)
    return found


def is_same(one: Definition, other: Definition) -> bool:
    """Whether two definitions make the same figure, however they are worded and whatever their targets are."""
    return one.model_dump(exclude=set(WORDING)) == other.model_dump(exclude=set(WORDING))


def earlier_values(
    month: Month, value_in: Callable[[Month], float | None], before: float | None
) -> tuple[float | None, ...]:
    """The eleven values until the month before, oldest first; nothing when there is none at all."""
    *older, _, _ = months_until(month)
    values = (*(value_in(each) for each in older), before)
    return values if any(each is not None for each in values) else ()


def curve(
    values: Sequence[float | None], *, width: float, height: float, edge: float, target: float | None = None
) -> Curve | None:
    """The line of twelve values in a box; None with too few of them. A target that is far away is not drawn."""
    known = [each for each in values if each is not None]
    if len(known) < LEAST:
        return None
    if target is not None and not _is_near(target, known):
        target = None
    shown = known if target is None else [*known, target]
    bottom, span = min(shown), max(shown) - min(shown)

    def y(value: float) -> float:
        share = (value - bottom) / span if span else 0.5
        return round(edge + (1 - share) * (height - 2 * edge), 2)

    step = (width - 2 * edge) / (len(values) - 1)
    placed = [None if each is None else (round(edge + at * step, 2), y(each)) for at, each in enumerate(values)]
    runs = [tuple(each for each in some if each) for there, some in groupby(placed, bool) if there]
    return Curve(tuple(runs), placed[-1], None if target is None else y(target), min(known), max(known), len(known))


def _is_near(target: float, known: Sequence[float]) -> bool:
    """Whether values still have a third of the height when the target is drawn with them."""
    shown = [*known, target]
    span = max(known) - min(known)
    return span == 0 or 3 * span >= max(shown) - min(shown)
