"""A quantity of a story on a grid of ten minutes: worked out once, asked at any moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

STEP_S = 600.0
STEP_H = STEP_S / 3600.0


@dataclass(frozen=True, slots=True)
class Series:
    """Values at the begin of the story and every ten minutes after it; straight lines in between."""

    values: Sequence[float]

    def at(self, elapsed_s: float) -> float:
        """The value so many seconds after the begin; before it and after the end, the first and the last one."""
        place = elapsed_s / STEP_S
        if place <= 0:
            return self.values[0]
        step = int(place)
        if step >= len(self.values) - 1:
            return self.values[-1]
        share = place - step
        return self.values[step] * (1 - share) + self.values[step + 1] * share


def running_sum(rates: Sequence[float]) -> Series:
    """The sum since the begin of a rate per hour, each rate holding for the ten minutes that follow it."""
    return Series([0.0, *accumulate(rate * STEP_H for rate in rates[:-1])])


def cascade(values: Sequence[float], *, hours: float, stores: int = 1) -> list[float]:
    """What leaves a chain of linear stores that were in balance with the first value; `hours` is each one's memory."""
    told = list(values)
    share = min(1.0, STEP_H / max(hours, STEP_H))
    for _ in range(stores):
        held = told[0]
        for step, value in enumerate(told):
            held += share * (value - held)
            told[step] = held
    return told


def later(values: Sequence[float], *, hours: float) -> list[float]:
    """The same so many hours later; before that, the first value."""
    steps = min(len(values), round(hours / STEP_H))
    return [values[0]] * steps + list(values[: len(values) - steps])
