"""The kind `sequence`: one thing soon after another, such as a cabinet whose door opens before its mains are lost."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property
from typing import Literal, Self

from pydantic import Field, model_validator

from cloud.rules.groups import Input, Memory, Slot
from cloud.rules.ladder import IDLE, Edge, Ladder, Level, Named, Standing, check_levels, ladder_of, named_level
from cloud.rules.scope import Scope
from cloud.rules.selector import Selector
from device_profiles.schema import Strict

FIRST, THEN = 0, 1  # the inputs
LASTS, OVER = 1.0, 0.0  # what is remembered with the begin of a condition
STARTS = 8  # of the first condition that are remembered of each device


class Soon(Named):
    """One level of how soon the second follows the first."""

    within_s: float = Field(ge=0, le=604800, description="Reached when the second begins within this time.")


class Succession(Strict):
    """Levels of how soon a second condition begins after a first one has begun; left when the second ends.

    ```
      first    ────█████──────────
      then     ──────────███████──
      figure       :←───→:            seconds between the begins, while the second lasts
    ```
    """

    kind: Literal["sequence"]
    by: Scope = Field("site", description="Where both are: the same device, gateway, site, area, or all.")
    unit: str = Field("1", description="UCUM unit of the first condition; must be the point's own.")
    first: Edge = Field(description="What comes first: `above` or `below`, and `clear`.")
    then: Edge = Field(description="What follows: `above` or `below`, and `clear`.")
    other: Selector | None = Field(None, description="Where the second is looked for; left out = at the same point.")
    other_unit: str = Field("", description="UCUM unit of the second condition; empty = that of the first.")
    levels: tuple[Soon, ...] = Field(min_length=1, max_length=8, description="From mild to grave: ever sooner.")

    @model_validator(mode="after")
    def _sound(self) -> Self:
        check_levels(self._as_levels)
        if self.other is None and self.first == self.then:
            raise ValueError("both conditions are the same")
        if self.other is not None and not (self.other.profile and self.other.point):
            raise ValueError("other.profile or other.point is missing")
        return self

    @cached_property
    def ladder(self) -> Ladder:
        """The levels as plain numbers of seconds."""
        return ladder_of(self._as_levels, 0)

    @property
    def shape(self) -> str:
        """What is remembered means something else when any of these changes."""
        return f"sequence {self.first.above} {self.first.below} {self.then.above} {self.then.below}"

    @property
    def figure_unit(self) -> str:
        """The unit of the levels."""
        return "s"

    def fits(self, unit: str) -> bool:
        """True when the first condition is in the point's unit."""
        return unit == self.unit

    @property
    def band(self) -> tuple[float, float]:
        """The figures strictly between these two reach no level."""
        return self.ladder.band

    def step(self, standing: Standing, at: int, value: float) -> Standing:
        """The standing after a figure."""
        return self.ladder.step(standing, at, value)

    def measure(self, standing: Standing, at: int, value: float) -> float | None:
        """The figure that is held against the thresholds: seconds between the begins; None when it is over."""
        del standing, at
        return value if math.isfinite(value) else None

    def level(self, number: int) -> Level:
        """The level with this number, counted from 1."""
        return self._as_levels[number - 1]

    # --- the group ----------------------------------------------------------------------------------------------------

    @property
    def at_device(self) -> bool:
        """The alarm is the group's."""
        return False

    def sources(self, own: Selector) -> tuple[Selector, Selector]:
        """Where the inputs come from."""
        return own, self.other or own

    def gather(self) -> dict[Slot, Memory]:
        """Memories of nobody yet."""
        return {}

    def remember(self, memory: Memory, given: Input) -> Memory:
        """When the condition began, and whether it lasts; of the first one its newest begins."""
        lasted = bool(memory) and memory[-1][1] == LASTS
        before = Standing(1, (0,)) if lasted else IDLE
        lasts = bool(self._edges[given.part].step(before, given.at, given.value).since)
        if lasts == lasted:
            return memory
        if lasted:
            return (*memory[:-1], (memory[-1][0], OVER))
        return (*memory, (given.at, LASTS))[-STARTS if given.part == FIRST else -1 :]

    def is_still(self, before: Memory, after: Memory) -> bool:
        """True when nothing begins or ends."""
        return after is before

    def is_deaf(self, part: int, memory: Memory, extremes: tuple[float, float], until: int) -> bool:
        """True when the condition does not last, and does not begin."""
        del until
        floor, ceiling = self._edges[part].band
        return not (memory and memory[-1][1] == LASTS) and floor < extremes[0] and extremes[1] < ceiling

    def lasts(self, memories: Mapping[Slot, Memory], at: int) -> bool:
        """True while the second lasts soon enough after the first."""
        del at
        return math.isfinite(self._delay(memories))

    def figure_of(self, memories: Mapping[Slot, Memory], given: Input, at: int) -> float | None:
        """Seconds from the begin of the first to that of the second, which lasts; endless without such a pair."""
        del given, at
        return self._delay(memories)

    def named(self, memories: Mapping[Slot, Memory], at: int) -> list[str]:
        """The devices at which the second condition lasts."""
        del at
        return sorted(device for (_, device), _ in self._lasting(memories))

    def _delay(self, memories: Mapping[Slot, Memory]) -> float:
        lasting = [began for _, began in self._lasting(memories)]
        firsts = [began for (_, part), memory in memories.items() if part == FIRST and lasting for began, _ in memory]
        reach = self.levels[0].within_s * 1000
        pairs = (then - first for then in lasting for first in firsts if 0 <= then - first <= reach)
        return min(pairs, default=math.inf) / 1000

    def _lasting(self, memories: Mapping[Slot, Memory]) -> list[tuple[tuple[str, str], int]]:
        return [
            (member, memory[-1][0])
            for (member, part), memory in memories.items()
            if part == THEN and memory and memory[-1][1] == LASTS
        ]

    @cached_property
    def _edges(self) -> tuple[Ladder, Ladder]:
        return ladder_of((self.first,), 0), ladder_of((self.then,), 0)

    @cached_property
    def _as_levels(self) -> tuple[Level, ...]:
        return tuple(named_level(level, below=level.within_s) for level in self.levels)
