"""The kind `baseline`: this hour against the same hour of past weeks, such as a school that uses power at night."""

from __future__ import annotations

import math
from bisect import bisect_left
from functools import cached_property
from statistics import median
from typing import Literal, Self

from pydantic import Field, model_validator

from cloud.rules.ladder import Ladder, Level, Levels, Standing, check_levels, ladder_of
from device_profiles.schema import Strict

HOUR_MS = 3_600_000  # Vietnam's offset is whole hours: its hours are those of UTC
MAD_TO_SIGMA = 1.4826  # of a normal distribution, the median deviation is 1/1.4826 of its standard deviation

Hours = tuple[tuple[int, float], ...]


class Baseline(Strict):
    """The mean of the hour so far, held against the means of the same hour in past periods.

    ```
      -3 weeks   -2 weeks   -1 week      now
      [.hour.]   [.hour.]   [.hour.]     [.ho|
         \\__________\\__________\\______ median, spread of the middle
    ```
    Medians keep a bad week from becoming the measure of the next one.
    """

    kind: Literal["baseline"]
    unit: str = Field(description="UCUM unit of the point; for z and ratio the levels are plain numbers.")
    figure: Literal["z", "ratio", "difference"] = Field(description="Robust z-score, ratio to the median, or distance.")
    period_days: int = Field(7, ge=1, le=7, description="7 = the same hour of past weeks; 1 = of past days.")
    periods: int = Field(6, ge=2, le=8, description="How many past periods are remembered.")
    min_periods: int = Field(3, ge=2, le=8, description="With fewer of them known nothing is said.")
    min_spread: float = Field(
        0.0, ge=0, allow_inf_nan=False, description="z: deviations of past hours count as at least this, in the unit."
    )
    min_median: float | None = Field(
        None, gt=0, allow_inf_nan=False, description="ratio: to medians below this nothing is compared; needed for it."
    )
    min_readings: int = Field(1, ge=1, le=100_000, description="Readings in this hour before it is judged.")
    hold_s: float = Field(0.0, ge=0, le=604800, description="How long a level must last before it counts.")
    levels: Levels = Field(min_length=1, max_length=8, description="From mild to grave.")

    @model_validator(mode="after")
    def _sound(self) -> Self:
        check_levels(self.levels)
        if self.min_periods > self.periods:
            raise ValueError(f"min_periods {self.min_periods} must not exceed periods {self.periods}")
        if self.figure == "ratio" and self.min_median is None:
            raise ValueError("a ratio needs min_median: next to nothing, everything is many times as much")
        if self.figure == "z" and not self.min_spread:
            raise ValueError("a z-score needs min_spread: past hours may be equal, and then any other is too far away")
        return self

    @cached_property
    def ladder(self) -> Ladder:
        """The levels as plain numbers."""
        return ladder_of(self.levels, self.hold_s)

    @property
    def shape(self) -> str:
        """What is remembered means something else when any of these changes."""
        return f"baseline {self.period_days} {self.periods}"

    def fits(self, unit: str) -> bool:
        """True when the baseline is told in the point's unit."""
        return unit == self.unit

    @property
    def band(self) -> tuple[float, float]:
        """No value is without consequence: each must be remembered."""
        return math.inf, -math.inf

    def step(self, standing: Standing, at: int, value: float) -> Standing:
        """The standing after a good reading; its memory is the mean of each past hour, and the sum of this one."""
        hours, count = self._with(standing, at, value)
        figure = self._figure(hours, count)
        after = standing if figure is None else self.ladder.step(standing, at, figure)
        return Standing(after.level, after.since, hours, (count,))

    def measure(self, standing: Standing, at: int, value: float) -> float | None:
        """The figure that is held against the thresholds; None while too little is known."""
        return self._figure(*self._with(standing, at, value))

    def level(self, number: int) -> Level:
        """The level with this number, counted from 1."""
        return self.levels[number - 1]

    def _with(self, standing: Standing, at: int, value: float) -> tuple[Hours, int]:
        """The hours with one more reading, the last being the sum of its readings, and how many they are."""
        begin, hours = at - at % HOUR_MS, standing.memory
        if not hours:
            return ((begin, float(value)),), 1
        last, amount = hours[-1]
        count = standing.counts[0]
        if last == begin:
            return (*hours[:-1], (begin, amount + value)), count + 1
        first = bisect_left(hours, (begin - self.periods * self._period_ms, -math.inf))
        return (*hours[first:-1], (last, amount / count), (begin, float(value)))[-self._most :], 1

    def _figure(self, hours: Hours, count: int) -> float | None:
        begin, amount = hours[-1]
        past = self._past(hours, begin)
        if count < self.min_readings or len(past) < self.min_periods:
            return None
        middle, now = median(past), amount / count
        if self.figure == "difference":
            return now - middle
        if self.figure == "ratio":
            return now / middle if middle >= (self.min_median or 0) else None
        spread = max(self.min_spread, MAD_TO_SIGMA * median(abs(each - middle) for each in past))
        return (now - middle) / spread

    def _past(self, hours: Hours, begin: int) -> list[float]:
        """The means of the same hour in past periods."""
        found = []
        for number in range(1, self.periods + 1):
            wanted = begin - number * self._period_ms
            place = bisect_left(hours, (wanted, -math.inf))
            if hours[place][0] == wanted:
                found.append(hours[place][1])
        return found

    @property
    def _period_ms(self) -> int:
        return self.period_days * 24 * HOUR_MS

    @property
    def _most(self) -> int:
        """Hours that are ever kept: every one of the past periods, and this one."""
        return self.periods * self.period_days * 24 + 1
