"""The kind `stale`: a device, or one point of it, of which nothing has been heard for too long."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Literal, Self

from pydantic import Field, model_validator

from cloud.rules.ladder import Ladder, Lasting, Level, Standing, check_levels, ladder_of
from device_profiles.schema import Strict


class Silence(Lasting):
    """One level of silence."""


class Stale(Strict):
    """Levels of silence; the first sign of life leaves them all."""

    kind: Literal["stale"]
    levels: tuple[Silence, ...] = Field(min_length=1, max_length=8, description="From mild to grave.")

    @model_validator(mode="after")
    def _levels_rise(self) -> Self:
        check_levels(self._as_levels)
        return self

    @cached_property
    def ladder(self) -> Ladder:
        """The levels as plain numbers of seconds."""
        return ladder_of(self._as_levels, 0)

    def fits(self, unit: str) -> bool:
        """Silence fits every point."""
        del unit
        return True

    @property
    def band(self) -> tuple[float, float]:
        """Readings as such never change the standing; their absence does."""
        return -math.inf, math.inf

    def step(self, standing: Standing, at: int, value: float) -> Standing:
        """The standing after `value` seconds of silence, seen at a time."""
        return self.ladder.step(standing, at, value)

    def measure(self, standing: Standing, at: int, value: float) -> float | None:
        """The figure that is held against the thresholds: seconds of silence."""
        del standing, at
        return float(value)

    def level(self, number: int) -> Level:
        """The level with this number, counted from 1."""
        return self._as_levels[number - 1]

    @cached_property
    def _as_levels(self) -> tuple[Level, ...]:
        return tuple(silence.level for silence in self.levels)
