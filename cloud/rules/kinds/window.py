"""The kind `window`: a figure over all readings of a stretch of event time, such as the rain of the last 24 hours."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Literal, Self

from pydantic import Field, model_validator

from cloud.rules.ladder import Ladder, Level, Levels, Standing, check_levels, ladder_of
from device_profiles.schema import Strict

STEPS = 60  # steps of a window, unless its file says otherwise
MAX_STEPS = 288  # five minutes of a day; what is kept per device never grows beyond
HANOI_MS = 7 * 3_600_000  # Asia/Ho_Chi_Minh has been UTC+7 without summer time since 1975

Figure = Literal["min", "mean", "max", "sum", "count", "percentile"]
Bucket = tuple[int, float, int]  # begin, smallest, largest or sum of its readings, and their number


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
        before = _buckets(standing)
        kept = self._with(before, at, value)
        figure = self._ended(before, at) if self.tumbling else self._figure_of(kept)
        after = standing if figure is None else self.ladder.step(standing, at, figure)
        memory = tuple((begin, amount) for begin, amount, _ in kept)
        return Standing(after.level, after.since, memory, tuple(count for _, _, count in kept))

    def measure(self, standing: Standing, at: int, value: float) -> float | None:
        """The figure of the window; None when none has ended, or when it holds too few readings."""
        before = _buckets(standing)
        return self._ended(before, at) if self.tumbling else self._figure_of(self._with(before, at, value))

    def level(self, number: int) -> Level:
        """The level with this number, counted from 1."""
        return self.levels[number - 1]

    @cached_property
    def _step_ms(self) -> int:
        return max(1, round((self.window_s / STEPS if self.step_s is None else self.step_s) * 1000))

    def _ended(self, buckets: tuple[Bucket, ...], at: int) -> float | None:
        return self._figure_of(buckets) if buckets and buckets[0][0] < self._begin(at) else None

    def _begin(self, at: int) -> int:
        """When the window of a time begins: readings before it are not in it."""
        length = round(self.window_s * 1000)
        if self.tumbling:
            return at - (at + HANOI_MS) % length
        return at - at % self._step_ms - length + self._step_ms

    def _with(self, buckets: tuple[Bucket, ...], at: int, value: float) -> tuple[Bucket, ...]:
        first = self._begin(at)
        begin = max(first, at - at % self._step_ms)
        kept = tuple(bucket for bucket in buckets if bucket[0] >= first)
        if kept and kept[-1][0] == begin:
            _, amount, count = kept[-1]
            return (*kept[:-1], (begin, self._joined(amount, value), count + 1))
        return (*kept, (begin, float(value), 1))

    def _joined(self, amount: float, value: float) -> float:
        if self.figure in ("min", "max"):
            return min(amount, value) if self.figure == "min" else max(amount, value)
        return amount + value

    def _figure_of(self, buckets: tuple[Bucket, ...]) -> float | None:
        count = sum(bucket[2] for bucket in buckets)
        if count < self.min_readings:
            return None
        amounts = [bucket[1] for bucket in buckets]
        figures = {
            "min": lambda: min(amounts),
            "max": lambda: max(amounts),
            "sum": lambda: round(math.fsum(amounts), 9),
            "count": lambda: float(count),
            "mean": lambda: math.fsum(amounts) / count,
            "percentile": lambda: _percentile(buckets, self.percentile / 100 * count),
        }
        return figures[self.figure]()


def _buckets(standing: Standing) -> tuple[Bucket, ...]:
    return tuple((begin, amount, n) for (begin, amount), n in zip(standing.memory, standing.counts, strict=True))


def _percentile(buckets: tuple[Bucket, ...], rank: float) -> float:
    """The mean of the step in which the reading of this rank lies, the steps being ordered by their means."""
    passed = 0
    means = sorted((amount / count, count) for _, amount, count in buckets)
    for mean, count in means:
        passed += count
        if passed >= rank:
            return mean
    return means[-1][0]
