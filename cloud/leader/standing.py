"""Where each figure stands against its target, and the province as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from cloud.leader.plan import LeaderPlan, Measure, Target

Word = Literal["poor", "watch", "good", "none"]
ORDER: tuple[Word, ...] = ("poor", "watch", "none", "good")  # what needs somebody comes first


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure; None = nothing is known. `part` of `whole` when it is a share."""

    value: float | None
    part: int | None = None
    whole: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A figure with its target and its word."""

    target: Target
    figure: Figure
    word: Word


def share(part: int, whole: int) -> Figure:
    """A share in percent; of nothing, nothing is known."""
    return Figure(100 * part / whole if whole else None, part, whole)


def word_of(target: Target, value: float | None) -> Word:
    """Good, watch, poor; none without data."""
    if value is None:
        return "none"
    sign = -1 if target.more_is_better else 1
    if sign * value >= sign * target.poor and not (target.more_is_better and value == target.poor):
        return "poor"
    return "good" if sign * value <= sign * target.good else "watch"


def standings(plan: LeaderPlan, figures: Mapping[Measure, Figure]) -> list[Standing]:
    """Every figure of the plan; what needs somebody first, else in the order of the plan."""
    found = []
    for target in plan.targets:
        figure = figures.get(target.measure, Figure(None))
        found.append(Standing(target, figure, word_of(target, figure.value)))
    return sorted(found, key=lambda each: ORDER.index(each.word))


def overall(found: Sequence[Standing]) -> Word:
    """The worst word; unknown figures do not make the province good."""
    words = {each.word for each in found}
    return next((word for word in ORDER if word in words), "none")
