"""The kind `expression`: a formula over several points, in CEL, for what the other kinds do not say."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import cached_property
from statistics import fmean
from typing import Literal, Self

from pydantic import Field, model_validator

from cloud.rules.formula import Formula, Value, compile_formula
from cloud.rules.groups import Input, Memory, Slot
from cloud.rules.ladder import Ladder, Level, Levels, Standing, check_levels, ladder_of
from cloud.rules.scope import Scope
from cloud.rules.selector import Selector
from device_profiles.schema import Key, Strict


class Named(Strict):
    """One value of the formula: where it comes from."""

    profile: Key | Literal[""] = Field("", description="Device profile; empty = the rule's own.")
    point: Key = Field(description="Point of the profile.")
    unit: str = Field("1", description="UCUM unit that the formula takes it in; must be the point's own.")
    truth: bool = Field(False, description="The point is true or false, not a number.")
    of: Literal["newest", "min", "mean", "max"] = Field(
        "newest", description="Where several devices of a group give it: which of their values."
    )


class Expression(Strict):
    """The figure of a formula over named values, held against levels; true counts as 1, false as 0.

    Each value counts while it is younger than `max_age_s`; while one is missing, there is no figure.
    """

    kind: Literal["expression"]
    by: Scope = Field("device", description="Whose values go together: those of a device, gateway, site, area or all.")
    formula: str = Field(min_length=1, max_length=500, description="CEL over the names of `inputs`.")
    inputs: dict[Key, Named] = Field(min_length=1, max_length=12, description="Names, and where their values are.")
    unit: str = Field("1", description="UCUM unit of what the formula comes to; 1 for a truth or plain number.")
    max_age_s: float = Field(3600.0, ge=1, le=604800, description="How old a value may be beside a newer one.")
    hold_s: float = Field(0.0, ge=0, le=604800, description="How long a level must last before it counts.")
    levels: Levels = Field(min_length=1, max_length=8, description="From mild to grave.")

    @model_validator(mode="after")
    def _sound(self) -> Self:
        check_levels(self.levels)
        unused = sorted(self.inputs.keys() - set(self.program.variables))
        if unused:
            raise ValueError(f"the formula does not use {', '.join(unused)}")
        if self.by == "device" and any(each.profile for each in self.inputs.values()):
            raise ValueError("a device has one profile: inputs of other profiles need a wider group")
        return self

    @cached_property
    def program(self) -> Formula:
        """The formula, checked."""
        return compile_formula(
            self.formula, {name: "truth" if each.truth else "number" for name, each in self.inputs.items()}
        )

    @cached_property
    def ladder(self) -> Ladder:
        """The levels as plain numbers."""
        return ladder_of(self.levels, self.hold_s)

    @property
    def shape(self) -> str:
        """What is remembered means something else when any of these changes."""
        return f"expression {' '.join(f'{each.profile}.{each.point}' for each in self.inputs.values())}"

    def fits(self, unit: str) -> bool:
        """Each input has a unit of its own, which is checked with it."""
        del unit
        return True

    @property
    def band(self) -> tuple[float, float]:
        """No value is without consequence: it goes into the formula."""
        return math.inf, -math.inf

    def step(self, standing: Standing, at: int, value: float) -> Standing:
        """The standing after a figure."""
        return self.ladder.step(standing, at, value)

    def measure(self, standing: Standing, at: int, value: float) -> float | None:
        """The figure that is held against the thresholds: what the formula comes to."""
        del standing, at
        return value

    def level(self, number: int) -> Level:
        """The level with this number, counted from 1."""
        return self.levels[number - 1]

    # --- the group ----------------------------------------------------------------------------------------------------

    @property
    def at_device(self) -> bool:
        """The alarm is the group's."""
        return False

    def sources(self, own: Selector) -> tuple[Selector, ...]:
        """Where the inputs come from: points of the rule's own devices, or of other profiles in the same places."""
        return tuple(
            own.model_copy(update={"profile": each.profile or own.profile, "point": each.point})
            for each in self.inputs.values()
        )

    def gather(self) -> dict[Slot, Memory]:
        """Memories of nobody yet."""
        return {}

    def remember(self, memory: Memory, given: Input) -> Memory:
        """The newest value."""
        del memory
        return ((given.at, given.value),)

    def is_still(self, before: Memory, after: Memory) -> bool:
        """False: what a value does to a formula is known when it is worked out."""
        del before, after
        return False

    def is_deaf(self, part: int, memory: Memory, extremes: tuple[float, float], until: int) -> bool:
        """False for the same reason."""
        del part, memory, extremes, until
        return False

    def lasts(self, memories: Mapping[Slot, Memory], at: int) -> bool:
        """False: time alone changes no figure, it only takes it away."""
        del memories, at
        return False

    def figure_of(self, memories: Mapping[Slot, Memory], given: Input, at: int) -> float | None:
        """What the formula comes to; None while a value is missing or too old, or when it is no number."""
        del given
        values: dict[str, Value] = {}
        for part, (name, named) in enumerate(self.inputs.items()):
            found = list(self._young(memories, part, at))
            if not found:
                return None
            value = _one_of(found, named.of)
            values[name] = value >= 0.5 if named.truth else value
        return self.program.figure(values)

    def named(self, memories: Mapping[Slot, Memory], at: int) -> list[str]:
        """The devices whose values are in it."""
        parts = range(len(self.inputs))
        reach = at - self.max_age_s * 1000
        return sorted(
            {member[1] for (member, part), memory in memories.items() if part in parts and memory[0][0] > reach}
        )

    def _young(self, memories: Mapping[Slot, Memory], part: int, at: int) -> Iterator[tuple[int, float]]:
        reach = at - self.max_age_s * 1000
        return (memory[0] for (_, number), memory in memories.items() if number == part and memory[0][0] > reach)


def _one_of(found: list[tuple[int, float]], which: str) -> float:
    values = [value for _, value in found]
    if which == "newest":
        return max(found)[1]
    if which == "mean":
        return fmean(values)
    return min(values) if which == "min" else max(values)
