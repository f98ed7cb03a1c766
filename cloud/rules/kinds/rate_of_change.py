"""The kind `rate_of_change`: a value that rises or falls faster than a level for long enough."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Literal, Self

from pydantic import Field, model_validator

from cloud.rules.ladder import Ladder, Level, Levels, Standing, check_levels, ladder_of
from device_profiles.schema import Strict

UNIT_TIMES_MS = {"s": 1_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
MEMORY = 60  # cells of a window, of each of which a reading is remembered: enough for a slope, and small to keep


class RateOfChange(Strict):
    """The slope between a reading and the oldest one remembered, held against levels.

    ```
      value        now ●     slope = (now - oldest) / span, span between min_span_s and window_s
                 ●  ·
        oldest ●
               |<-- span -->|
    ```
    """

    kind: Literal["rate_of_change"]
    unit: str = Field(description="Unit of the thresholds: the point's unit per s, min, h or d, such as m/h.")
    window_s: float = Field(3600, ge=1, le=604800, description="Readings older than this are forgotten.")
    min_span_s: float = Field(600, ge=0.1, le=604800, description="A slope over less than this is not believed.")
    hold_s: float = Field(0.0, ge=0, le=604800, description="How long a level must last before it counts.")
    levels: Levels = Field(min_length=1, max_length=8, description="From mild to grave; falling is negative.")

    @model_validator(mode="after")
    def _sound(self) -> Self:
        check_levels(self.levels)
        if self.unit.rpartition("/")[2] not in UNIT_TIMES_MS or "/" not in self.unit:
            raise ValueError(f"unit {self.unit} is not a unit per s, min, h or d")
        if self.min_span_s > self.window_s:
            raise ValueError(f"min_span_s {self.min_span_s} is longer than window_s {self.window_s}")
        return self

    @cached_property
    def ladder(self) -> Ladder:
        """The levels as plain numbers."""
        return ladder_of(self.levels, self.hold_s)

    def fits(self, unit: str) -> bool:
        """True when the thresholds are the point's unit per time."""
        return unit == self.unit.rpartition("/")[0]

    @property
    def band(self) -> tuple[float, float]:
        """No value is without consequence: each must be remembered."""
        return math.inf, -math.inf

    def step(self, standing: Standing, at: int, value: float) -> Standing:
        """The standing after a good reading."""
        slope = self.measure(standing, at, value)
        after = standing if slope is None else self.ladder.step(standing, at, slope)
        return Standing(after.level, after.since, self._remember(standing.memory, at, value))

    def measure(self, standing: Standing, at: int, value: float) -> float | None:
        """The slope in units per time; None when nothing remembered lies at the right distance."""
        for then, past in standing.memory:
            if at - then <= self._window_ms:
                span = at - then
                return (value - past) / span * self._per_ms if span >= self._min_span_ms else None
        return None

    def level(self, number: int) -> Level:
        """The level with this number, counted from 1."""
        return self.levels[number - 1]

    @cached_property
    def _window_ms(self) -> int:
        return round(self.window_s * 1000)

    @cached_property
    def _min_span_ms(self) -> int:
        return max(1, round(self.min_span_s * 1000))

    @cached_property
    def _per_ms(self) -> int:
        return UNIT_TIMES_MS[self.unit.rpartition("/")[2]]

    def _cell(self, at: int) -> int:
        """The first reading of each cell is remembered; cells do not depend on where the readings began."""
        return at * MEMORY // self._window_ms

    def _remember(self, memory: tuple[tuple[int, float], ...], at: int, value: float) -> tuple[tuple[int, float], ...]:
        recent = tuple(entry for entry in memory if at - entry[0] <= self._window_ms)
        if recent and self._cell(at) == self._cell(recent[-1][0]):
            return recent
        return (*recent, (at, float(value)))
