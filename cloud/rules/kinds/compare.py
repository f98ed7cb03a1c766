"""The kind `compare`: a value against that of another point or station, or against the middle of its neighbours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from statistics import median
from typing import Literal, Self

from pydantic import Field, model_validator

from cloud.rules.groups import Input, Memory, Slot
from cloud.rules.ladder import Ladder, Level, Levels, Standing, check_levels, ladder_of
from cloud.rules.scope import Scope
from cloud.rules.selector import Selector
from device_profiles.schema import Strict

OWN, OTHER = 0, 1  # the inputs
STEPS = 60  # what is remembered of a partner is at most one sixtieth of its time too coarse


class Compare(Strict):
    """The difference or ratio of a device's value to its partners', held against levels; one alarm for each device.

    ```
      own      ──────────────────●         the newest reading
      other    ──────────●────────         the newest one that is older than it by lag_s at least, and by
                         :lag_s :          max_age_s more at most; of several partners the median
    ```
    """

    kind: Literal["compare"]
    by: Scope = Field("site", description="How far away partners may be: device, gateway, site, area or all.")
    unit: str = Field(description="UCUM unit of both points.")
    figure: Literal["difference", "ratio"] = Field("difference", description="Own value minus, or divided by, theirs.")
    against: Literal["other", "median"] = Field(
        "other", description="other = what `other` selects; median = the same point of the others in the group."
    )
    other: Selector | None = Field(None, description="The point that it is compared to; for against = other.")
    lag_s: float = Field(0.0, ge=0, le=604800, description="How much earlier the other value is taken.")
    max_age_s: float = Field(gt=0, le=604800, description="The other value may be older than that by so much.")
    min_partners: int = Field(1, ge=1, le=1000, description="Of fewer partners there is no figure.")
    min_other: float = Field(
        0.0, ge=0, allow_inf_nan=False, description="ratio: to values nearer to 0 than this nothing is compared."
    )
    hold_s: float = Field(0.0, ge=0, le=604800, description="How long a level must last before it counts.")
    levels: Levels = Field(min_length=1, max_length=8, description="From mild to grave.")

    @model_validator(mode="after")
    def _sound(self) -> Self:
        check_levels(self.levels)
        if (self.other is None) == (self.against == "other"):
            raise ValueError("`other` belongs to against = other, and only to it")
        if self.other is not None and not (self.other.profile and self.other.point):
            raise ValueError("other.profile or other.point is missing")
        if self.against == "median" and self.by == "device":
            raise ValueError("a device has no neighbours in itself: by is gateway, site, area or all")
        return self

    @cached_property
    def ladder(self) -> Ladder:
        """The levels as plain numbers."""
        return ladder_of(self.levels, self.hold_s)

    @property
    def shape(self) -> str:
        """What is remembered means something else when any of these changes."""
        return f"compare {self.against}"

    @property
    def figure_unit(self) -> str:
        """The unit of the levels."""
        return self.unit if self.figure == "difference" else "1"

    def fits(self, unit: str) -> bool:
        """True when the point has the unit of the comparison."""
        return unit == self.unit

    @property
    def band(self) -> tuple[float, float]:
        """The figures strictly between these two reach no level."""
        return self.ladder.band

    def step(self, standing: Standing, at: int, value: float) -> Standing:
        """The standing after a figure."""
        return self.ladder.step(standing, at, value)

    def measure(self, standing: Standing, at: int, value: float) -> float | None:
        """The figure that is held against the thresholds: the difference or ratio."""
        del standing, at
        return value

    def level(self, number: int) -> Level:
        """The level with this number, counted from 1."""
        return self.levels[number - 1]

    @property
    def is_against_own_past(self) -> bool:
        """True when a device's value is held against what it was a while ago."""
        return self.by == "device" and self.lag_s > 0

    # --- the group ----------------------------------------------------------------------------------------------------

    @property
    def at_device(self) -> bool:
        """Each device has its own alarm."""
        return True

    def sources(self, own: Selector) -> tuple[Selector, ...]:
        """Where the inputs come from."""
        return (own,) if self.other is None else (own, self.other)

    def gather(self) -> dict[Slot, Memory]:
        """Memories of nobody yet."""
        return {}

    def remember(self, memory: Memory, given: Input) -> Memory:
        """The values of a partner, as far back as they can be asked for."""
        if given.part == OWN and self.against == "other":
            return memory
        reach = round((self.lag_s + self.max_age_s) * 1000)
        kept = tuple(entry for entry in memory if entry[0] >= given.at - reach)
        if len(kept) > 1 and given.at - kept[-2][0] < reach / STEPS:
            kept = kept[:-1]
        return (*kept, (given.at, given.value))

    def is_still(self, before: Memory, after: Memory) -> bool:
        """Every reading counts."""
        del before, after
        return False

    def is_deaf(self, part: int, memory: Memory, extremes: tuple[float, float], until: int) -> bool:
        """Every reading counts."""
        del part, memory, extremes, until
        return False

    def lasts(self, memories: Mapping[Slot, Memory], at: int) -> bool:
        """Every reading makes a figure of its own."""
        del memories, at
        return False

    def figure_of(self, memories: Mapping[Slot, Memory], given: Input, at: int) -> float | None:
        """The difference or ratio to the partners; None without enough of them, or when they are too near to 0."""
        del at
        if given.part != OWN:
            return None
        others = list(self._partners(memories, given))
        if len(others) < self.min_partners:
            return None
        other = median(others)
        if self.figure == "difference":
            return given.value - other
        return given.value / other if other and abs(other) >= self.min_other else None

    def named(self, memories: Mapping[Slot, Memory], at: int) -> list[str]:
        """The alarm is the device's own: there is nobody else to name."""
        del memories, at
        return []

    def _partners(self, memories: Mapping[Slot, Memory], given: Input) -> Iterator[float]:
        part = OTHER if self.against == "other" else OWN
        newest = given.at - round(self.lag_s * 1000)
        for (member, number), memory in memories.items():
            if number != part or (part == OWN and member == given.member):
                continue
            entry = next((entry for entry in reversed(memory) if entry[0] <= newest), None)
            if entry is not None and newest - entry[0] <= self.max_age_s * 1000:
                yield entry[1]
