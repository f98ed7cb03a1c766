"""The kind `flat_line`: a value that stands still for too long, as of a sensor that is stuck."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Literal, Self

from pydantic import Field, model_validator

from cloud.rules.ladder import Ladder, Lasting, Level, Standing, check_levels, ladder_of
from device_profiles.schema import Strict


class FlatLine(Strict):
    """Levels of standing still; the first reading that differs from where it began leaves them all.

    ```
      value  ● begins here
             │ ●  ●    ●  ●   within tolerance of the first: flat for (now - first)
             └──────────────────▶ ● differs: begins anew
    ```
    """

    kind: Literal["flat_line"]
    unit: str = Field("1", description="UCUM unit of the tolerance; must be the point's own.")
    tolerance: float = Field(0.0, ge=0, allow_inf_nan=False, description="Values this close count as the same.")
    gap_s: float = Field(7200, ge=1, le=604800, description="A longer pause between readings starts anew.")
    normal: tuple[float, ...] = Field((), max_length=8, description="Values that may stand still, such as no rain.")
    levels: tuple[Lasting, ...] = Field(min_length=1, max_length=8, description="From mild to grave.")

    @model_validator(mode="after")
    def _levels_rise(self) -> Self:
        check_levels(self._as_levels)
        return self

    @cached_property
    def ladder(self) -> Ladder:
        """The levels as plain numbers of seconds."""
        return ladder_of(self._as_levels, 0)

    def fits(self, unit: str) -> bool:
        """True when the tolerance is in the point's unit."""
        return unit == self.unit

    @property
    def band(self) -> tuple[float, float]:
        """No value is without consequence: any may be the first of a flat line."""
        return math.inf, -math.inf

    def step(self, standing: Standing, at: int, value: float) -> Standing:
        """The standing after a good reading; its memory is where the line began, and the newest reading."""
        first = self._first(standing, at, value)
        after = self.ladder.step(standing, at, (at - first[0]) / 1000)
        return Standing(after.level, after.since, (first, (at, float(value))))

    def measure(self, standing: Standing, at: int, value: float) -> float | None:
        """The figure that is held against the thresholds: seconds for which the value has stood still."""
        return (at - self._first(standing, at, value)[0]) / 1000

    def level(self, number: int) -> Level:
        """The level with this number, counted from 1."""
        return self._as_levels[number - 1]

    def _first(self, standing: Standing, at: int, value: float) -> tuple[int, float]:
        """Where the line began that this reading goes on with: itself when it begins one."""
        if standing.memory:
            first, newest = standing.memory[0], standing.memory[-1]
            heard = at - newest[0] <= self.gap_s * 1000
            if heard and self._same(value, first[1]) and not self._is_normal(value):
                return first
        return at, float(value)

    def _is_normal(self, value: float) -> bool:
        return any(self._same(value, normal) for normal in self.normal)

    def _same(self, one: float, other: float) -> bool:
        """True within the tolerance; 21.5 and 21.4 are 0.1 apart, whatever binary numbers make of it."""
        apart = abs(one - other)
        return apart <= self.tolerance or math.isclose(apart, self.tolerance, rel_tol=1e-9)

    @cached_property
    def _as_levels(self) -> tuple[Level, ...]:
        return tuple(lasting.level for lasting in self.levels)
