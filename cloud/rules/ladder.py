"""What all rule kinds share: levels in order, how long each must hold, and where it is left again."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal, Self

from pydantic import Field, model_validator

from device_profiles.schema import Strict, Text

Severity = Literal[1, 2, 3, 4]  # 1 khẩn cấp, 2 cao, 3 trung bình, 4 thấp


class Edge(Strict):
    """A threshold: reached at it or beyond, left at its clear level or beyond."""

    above: float | None = Field(None, allow_inf_nan=False, description="Reached at or above this value.")
    below: float | None = Field(None, allow_inf_nan=False, description="Reached at or below this value.")
    clear: float | None = Field(
        None, allow_inf_nan=False, description="Left again at this value; without it as soon as it is not reached."
    )

    @property
    def threshold(self) -> float:
        """The value at which it is reached."""
        return self.above if self.above is not None else self.below or 0.0

    @model_validator(mode="after")
    def _one_side(self) -> Self:
        if (self.above is None) == (self.below is None):
            raise ValueError("there must be either `above` or `below`")
        if self.clear is not None and (self.clear - self.threshold) * (1 if self.above is not None else -1) > 0:
            raise ValueError(f"clear level {self.clear} lies beyond the threshold {self.threshold}")
        return self


class Named(Strict):
    """What people call a level. The name is its identity: stored with alarms, and never translated."""

    name: str = Field(min_length=1, max_length=32, description="Identity, kept with every alarm: I, II, III, low ...")
    shown: Text | None = Field(
        None, description="What people read instead, in both languages; left out = the name is right in both."
    )
    severity: Severity = Field(description="1 emergency, 2 high, 3 medium, 4 low.")

    @property
    def words(self) -> Text:
        """What people read."""
        return self.shown or same_in_both(self.name)


class Level(Named, Edge):
    """One level of a rule."""


Levels = tuple[Level, ...]


def same_in_both(name: str) -> Text:
    """A name that is the same in both languages; also an empty one."""
    return Text.model_construct(vi=name, en=name)


def named_level(named: Named, *, above: float | None = None, below: float | None = None) -> Level:
    """A level that is called so, at a threshold without a clear level of its own."""
    return Level(name=named.name, shown=named.shown, severity=named.severity, above=above, below=below, clear=None)


class Lasting(Named):
    """One level of something that lasts."""

    after_s: float = Field(gt=0, le=31536000, description="Reached after so long.")

    @property
    def level(self) -> Level:
        """The same as a level of seconds."""
        return named_level(self, above=self.after_s)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a rule stands with one device.

    `since` holds, from the lowest level upwards, when each level was reached that has not been left since;
    the first `level` of them have held long enough to count. `memory` is what a kind must remember of past readings,
    `counts` how many readings each entry of it stands for, when a kind counts.
    """

    level: int = 0
    since: tuple[int, ...] = ()
    memory: tuple[tuple[int, float], ...] = ()
    counts: tuple[int, ...] = ()


IDLE = Standing()


@dataclass(frozen=True, slots=True)
class Ladder:
    """Levels as plain numbers: values are multiplied by `sign`, so that higher is always worse."""

    sign: int
    enter: tuple[float, ...]
    leave: tuple[float, ...]
    hold_ms: int

    def step(self, standing: Standing, at: int, value: float) -> Standing:
        """The standing after a value at a time; the same object when nothing changes."""
        since, badness = standing.since, value * self.sign
        reached = len(since)
        while reached and badness < self.enter[reached - 1] and badness <= self.leave[reached - 1]:
            reached -= 1
        since = since[:reached]
        while reached < len(self.enter) and badness >= self.enter[reached]:
            since += (at,)
            reached += 1
        level = min(standing.level, reached)
        while level < reached and at - since[level] >= self.hold_ms:
            level += 1
        if level == standing.level and since == standing.since:
            return standing
        return Standing(level, since, standing.memory, standing.counts)

    def wait(self, standing: Standing, until: int) -> Standing:
        """The standing when nothing has changed up to a time: levels that are reached may have held long enough."""
        level = standing.level
        while level < len(standing.since) and until - standing.since[level] >= self.hold_ms:
            level += 1
        return standing if level == standing.level else replace(standing, level=level)

    @property
    def band(self) -> tuple[float, float]:
        """Values strictly between these two reach no level."""
        return (-math.inf, self.enter[0]) if self.sign > 0 else (-self.enter[0], math.inf)


def ladder_of(levels: Sequence[Edge], hold_s: float) -> Ladder:
    """The levels of a rule as a ladder."""
    sign = 1 if levels[0].above is not None else -1
    return Ladder(
        sign=sign,
        enter=tuple(level.threshold * sign for level in levels),
        leave=tuple((level.threshold if level.clear is None else level.clear) * sign for level in levels),
        hold_ms=round(hold_s * 1000),
    )


def check_levels(levels: Sequence[Level]) -> None:
    """ValueError when levels do not rise from mild to grave on one side, or share a name."""
    if len({level.name for level in levels}) < len(levels):
        raise ValueError("two levels have the same name")
    if len({level.above is None for level in levels}) > 1:
        raise ValueError("all levels of a rule are either `above` or `below`")
    ladder = ladder_of(levels, 0)
    for lower, upper in pairwise(range(len(levels))):
        if ladder.enter[lower] >= ladder.enter[upper] or ladder.leave[lower] > ladder.leave[upper]:
            raise ValueError(f"level {levels[upper].name} does not lie beyond level {levels[lower].name}")
        if levels[lower].severity < levels[upper].severity:
            raise ValueError(f"level {levels[upper].name} is milder than level {levels[lower].name}")
