"""The kind `window`: a figure over all readings of a stretch of event time, such as the rain of the last 24 hours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import Literal, Self

from pydantic import Field, model_validator

from cloud.rules.ladder import Ladder, Level, Levels, Standing, check_levels, ladder_of
from device_profiles.schema import Strict

STEPS = 60  # steps of a window, unless its file says otherwise
MAX_STEPS = 288  # five minutes of a day; what is kept per device never grows beyond
HANOI_MS = 7 * 3_600_000  # Asia/Ho_Chi_Minh has been UTC+7 without summer time since 1975

Figure = Literal["min", "mean", "max", "sum", "count", "percentile"]
Memory = tuple[tuple[int, float], ...]  # each step's begin, and the smallest, largest or sum of its readings
Counts = tuple[int, ...]  # and their number


class Window(Strict):
    """The figure of a window, held against levels. Readings are kept as one entry per step, not one by one.

    ```
      sliding    [··|··|··|··|·now]        moves with every step; judged with every reading
      tumbling   [··|··|··|··|··][·now     judged by the first reading after its end
    ```
    """

    kind: Literal["window"]
    unit: str = Field(description="UCUM unit of the thresholds: the point's own, and 1 for a count.")
    figure: Figure = Field(description="min, mean, max, sum, count or percentile.")
    percentile: float = Field(95, gt=0, le=100, description="Which percentile of the steps' means.")
    window_s: float = Field(ge=1, le=604800, description="How long the window is.")
    step_s: float | None = Field(None, gt=0, le=604800, description="How finely it moves; empty = a sixtieth of it.")
    tumbling: bool = Field(False, description="One window after the other, counted from midnight at Hà Nội.")
    min_readings: int = Field(1, ge=1, le=1_000_000, description="A figure of fewer readings is not believed.")
    hold_s: float = Field(0.0, ge=0, le=604800, description="How long a level must last before it counts.")
    levels: Levels = Field(min_length=1, max_length=8, description="From mild to grave.")

    @model_validator(mode="after")
    def _sound(self) -> Self:
        check_levels(self.levels)
        if self.figure == "count" and self.unit != "1":
            raise ValueError(f"a count has the unit 1, not {self.unit}")
        if not 1 <= self.window_s * 1000 / self._step_ms <= MAX_STEPS:
            raise ValueError(f"window_s {self.window_s} must be 1 to {MAX_STEPS} times step_s {self.step_s}")
        return self

    @cached_property
    def ladder(self) -> Ladder:
        """The levels as plain numbers."""
        return ladder_of(self.levels, self.hold_s)

    @property
    def shape(self) -> str:
        """What is remembered means something else when any of these changes."""
        return f"window {self.figure} {self.window_s:g} {self._step_ms} {self.tumbling}"

    def fits(self, unit: str) -> bool:
        """True when the thresholds are in the point's unit; any point can be counted."""
        return self.figure == "count" or unit == self.unit

    @property
    def band(self) -> tuple[float, float]:
        """No value is without consequence: each must be remembered."""
        return math.inf, -math.inf

    def step(self, standing: Standing, at: int, value: float) -> Standing:
        """The standing after a good reading."""
        memory, counts = self._with(standing, at, value)
        figure = self._ended(standing, at) if self.tumbling else self._figure_of(memory, counts)
        after = standing if figure is None else self.ladder.step(standing, at, figure)
        return Standing(after.level, after.since, memory, counts)

    def measure(self, standing: Standing, at: int, value: float) -> float | None:
        """The figure of the window; None when none has ended, or when it holds too few readings."""
        return self._ended(standing, at) if self.tumbling else self._figure_of(*self._with(standing, at, value))

    def level(self, number: int) -> Level:
        """The level with this number, counted from 1."""
        return self.levels[number - 1]

    @cached_property
    def _step_ms(self) -> int:
        return max(1, round((self.window_s / STEPS if self.step_s is None else self.step_s) * 1000))

    def _ended(self, standing: Standing, at: int) -> float | None:
        is_over = bool(standing.memory) and standing.memory[0][0] < self._begin(at)
        return self._figure_of(standing.memory, standing.counts) if is_over else None

    def _begin(self, at: int) -> int:
        """When the window of a time begins: readings before it are not in it."""
        length = round(self.window_s * 1000)
        if self.tumbling:
            return at - (at + HANOI_MS) % length
        return at - at % self._step_ms - length + self._step_ms

    def _with(self, standing: Standing, at: int, value: float) -> tuple[Memory, Counts]:
        """What is remembered with one more reading: steps that have left the window are forgotten."""
        memory, counts = standing.memory, standing.counts
        first = self._begin(at)
        gone = 0
        while gone < len(memory) and memory[gone][0] < first:
            gone += 1
        begin = max(first, at - at % self._step_ms)
        if gone < len(memory) and memory[-1][0] == begin:
            newest = (begin, self._joined(memory[-1][1], value))
            return (*memory[gone:-1], newest), (*counts[gone:-1], counts[-1] + 1)
        return (*memory[gone:], (begin, float(value))), (*counts[gone:], 1)

    def _joined(self, amount: float, value: float) -> float:
        if self.figure in ("min", "max"):
            return min(amount, value) if self.figure == "min" else max(amount, value)
        return amount + value

    def _figure_of(self, memory: Memory, counts: Counts) -> float | None:
        count = sum(counts)
        if count < self.min_readings:
            return None
        amounts = [amount for _, amount in memory]
        if self.figure == "percentile":
            return _percentile(amounts, counts, self.percentile / 100 * count)
        if self.figure == "count":
            return float(count)
        if self.figure in ("sum", "mean"):
            total = math.fsum(amounts)
            return round(total, 9) if self.figure == "sum" else total / count
        return min(amounts) if self.figure == "min" else max(amounts)


def _percentile(amounts: Sequence[float], counts: Counts, rank: float) -> float:
    """The mean of the step in which the reading of this rank lies, the steps being ordered by their means."""
    passed = 0
    means = sorted((amount / count, count) for amount, count in zip(amounts, counts, strict=True))
    for mean, count in means:
        passed += count
        if passed >= rank:
            return mean
    return means[-1][0]
