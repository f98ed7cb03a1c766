"""The kind `combination`: alarms of other rules that come together, such as tilt, wet soil and rain on one slope."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Literal, Self

from pydantic import Field, model_validator

from cloud.rules.ladder import Ladder, Level, Levels, Severity, Standing, check_levels, ladder_of
from cloud.rules.scope import Scope
from device_profiles.schema import Key, Strict


class Listened(Strict):
    """The alarms of one other rule."""

    rule: Key = Field(description="Id of the other rule.")
    severity: Severity = Field(4, description="Milder alarms than this do not count.")
    levels: tuple[str, ...] = Field((), description="Only these levels count; empty = all.")

    def counts(self, level: str, severity: int) -> bool:
        """True when an alarm of this level and severity counts."""
        return severity <= self.severity and (not self.levels or level in self.levels)


class Combination(Strict):
    """Levels of how many of the named rules have an alarm that lasts in one place, or in one that it lies in.

    ```
      tilt   ──────────███████████──
      soil   ────███████████████────
      rain   ──██████───────────────
      figure   1 2   1 2         1 0
    ```
    """

    kind: Literal["combination"]
    by: Scope = Field("site", description="What makes a group: device, gateway, site, area or all.")
    alarms: tuple[Listened, ...] = Field(min_length=1, max_length=20, description="The rules that it listens to.")
    levels: Levels = Field(min_length=1, max_length=8, description="From mild to grave; `above` a number of rules.")

    @model_validator(mode="after")
    def _sound(self) -> Self:
        check_levels(self.levels)
        if self.levels[0].above is None or not 0 < self.levels[-1].threshold <= len(self.alarms):
            raise ValueError("levels are `above` a number of rules, from 1 to as many as are named")
        if self.levels[0].threshold <= 0:
            raise ValueError("levels are `above` a number of rules that is not 0")
        if len({each.rule for each in self.alarms}) < len(self.alarms):
            raise ValueError("a rule is named twice")
        return self

    @cached_property
    def ladder(self) -> Ladder:
        """The levels as plain numbers."""
        return ladder_of(self.levels, 0)

    @property
    def unit(self) -> str:
        """The unit of the figure."""
        return "1"

    def fits(self, unit: str) -> bool:
        """No point is looked at, so any unit does."""
        del unit
        return True

    @property
    def band(self) -> tuple[float, float]:
        """Readings as such never change the standing; alarms do."""
        return -math.inf, math.inf

    def step(self, standing: Standing, at: int, value: float) -> Standing:
        """The standing after a figure."""
        return self.ladder.step(standing, at, value)

    def measure(self, standing: Standing, at: int, value: float) -> float | None:
        """The figure that is held against the thresholds: the number of rules."""
        del standing, at
        return value

    def level(self, number: int) -> Level:
        """The level with this number, counted from 1."""
        return self.levels[number - 1]
