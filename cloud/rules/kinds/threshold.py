"""The kind `threshold`: a value at or beyond a level for long enough."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Literal, Self

from pydantic import Field, model_validator

from cloud.rules.ladder import Ladder, Level, Levels, Standing, check_levels, ladder_of
from device_profiles.schema import Strict


class Threshold(Strict):
    """Levels that a point's value reaches and leaves. True counts as 1, false as 0."""

    kind: Literal["threshold"]
    unit: str = Field("1", description="UCUM unit of the thresholds; must be the point's own.")
    hold_s: float = Field(0.0, ge=0, le=604800, description="How long a level must last before it counts.")
    levels: Levels = Field(min_length=1, max_length=8, description="From mild to grave.")

    @model_validator(mode="after")
    def _levels_rise(self) -> Self:
        check_levels(self.levels)
        return self

    @cached_property
    def ladder(self) -> Ladder:
        """The levels as plain numbers."""
        return ladder_of(self.levels, self.hold_s)

    def fits(self, unit: str) -> bool:
        """True when the thresholds are in the point's unit."""
        return unit == self.unit

    @property
    def band(self) -> tuple[float, float]:
        """Values strictly between these two cannot change an idle standing."""
        return self.ladder.band

    def step(self, standing: Standing, at: int, value: float) -> Standing:
        """The standing after a good reading; while a level is being held, the reading is remembered for the alarm."""
        after = self.ladder.step(standing, at, value)
        memory = ((at, float(value)),) if len(after.since) > after.level else ()
        return after if memory == after.memory else replace(after, memory=memory)

    def wait(self, standing: Standing, until: int) -> Standing:
        """The standing when the device was read up to a time and nothing has changed."""
        return self.ladder.wait(standing, until)

    def measure(self, standing: Standing, at: int, value: float) -> float | None:
        """The figure that is held against the thresholds: the value itself."""
        del standing, at
        return float(value)

    def level(self, number: int) -> Level:
        """The level with this number, counted from 1."""
        return self.levels[number - 1]
