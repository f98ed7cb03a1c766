"""The kind `repeated`: an event that comes too often, such as mains that are lost three times a day."""

from __future__ import annotations

from functools import cached_property
from typing import Literal, Self

from pydantic import Field, model_validator

from cloud.rules.ladder import IDLE, Edge, Ladder, Level, Named, Standing, check_levels, ladder_of, named_level
from device_profiles.schema import Strict

LASTS, OVER = 1.0, 0.0  # what is remembered with the time of an event; only the newest can last

Memory = tuple[tuple[int, float], ...]


class Times(Named):
    """One level of how often."""

    times: int = Field(ge=1, le=100, description="Reached when the event was so often in the window.")


class Repeated(Strict):
    """Levels of how often an event was in the last `window_s`. True counts as 1, false as 0."""

    kind: Literal["repeated"]
    unit: str = Field("1", description="UCUM unit of the event's threshold; must be the point's own.")
    window_s: float = Field(ge=1, le=604800, description="Events older than this are forgotten.")
    event: Edge = Field(description="What is counted: `above` or `below`, and `clear`.")
    each: Literal["start", "reading"] = Field("start", description="Counted by its start, or by each reading of it.")
    levels: tuple[Times, ...] = Field(min_length=1, max_length=8, description="From mild to grave.")

    @model_validator(mode="after")
    def _levels_rise(self) -> Self:
        check_levels(self._as_levels)
        return self

    @cached_property
    def ladder(self) -> Ladder:
        """The levels as plain numbers."""
        return ladder_of(self._as_levels, 0)

    @property
    def shape(self) -> str:
        """What is remembered means something else when any of these changes."""
        return f"repeated {self.each} {self.event.above} {self.event.below}"

    def fits(self, unit: str) -> bool:
        """True when the event's threshold is in the point's unit."""
        return unit == self.unit

    @property
    def band(self) -> tuple[float, float]:
        """Values strictly between these two are no event."""
        return self._edge.band

    def step(self, standing: Standing, at: int, value: float) -> Standing:
        """The standing after a good reading; its memory is the newest events."""
        memory = self._remember(standing.memory, at, value)
        after = self.ladder.step(standing, at, self._count(memory, at))
        return Standing(after.level, after.since, memory)

    def measure(self, standing: Standing, at: int, value: float) -> float | None:
        """The figure that is held against the thresholds: how often the event was in the window."""
        return self._count(self._remember(standing.memory, at, value), at)

    def level(self, number: int) -> Level:
        """The level with this number, counted from 1."""
        return self._as_levels[number - 1]

    def _remember(self, memory: Memory, at: int, value: float) -> Memory:
        lasted = bool(memory) and memory[-1][1] == LASTS
        before = Standing(1, (memory[-1][0],)) if lasted else IDLE
        lasts = bool(self._edge.step(before, at, value).since)
        if lasted and not (lasts and self.each == "start"):
            memory = (*memory[:-1], (memory[-1][0], OVER))
        if lasts and not (lasted and self.each == "start"):
            memory = (*memory, (at, LASTS))
        recent = tuple(event for event in memory if event[1] == LASTS or self._counts(event[0], at))
        return recent[-self.levels[-1].times :]

    def _count(self, memory: Memory, at: int) -> float:
        return float(sum(self._counts(then, at) for then, _ in memory))

    def _counts(self, then: int, at: int) -> bool:
        return at - then < self.window_s * 1000

    @cached_property
    def _edge(self) -> Ladder:
        return ladder_of((self.event,), 0)

    @cached_property
    def _as_levels(self) -> tuple[Level, ...]:
        return tuple(named_level(level, above=level.times) for level in self.levels)
