"""The kind `n_of_m`: too many devices of a group in trouble at once, such as the cameras behind one cut trunk."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Literal, Self

from pydantic import Field, model_validator

from cloud.rules.groups import Input, Memory, Slot
from cloud.rules.headcount import MET, NOT_MET, Headcount
from cloud.rules.ladder import IDLE, Edge, Ladder, Level, Levels, Standing, check_levels, ladder_of
from cloud.rules.scope import Scope
from cloud.rules.selector import Selector
from device_profiles.schema import Strict

RENEWALS = 24  # of a member that is well, it is enough to know about when it was heard


class NOfM(Strict):
    """Levels of how many devices meet a condition, or how large their share is in per cent.

    ```
      member 1   ───────█████████████████──      met
      member 2   ──────────────██████─────
      member 3   ─────────────────────────
      n          0      1      2     1    0
    ```
    """

    kind: Literal["n_of_m"]
    by: Scope = Field("site", description="What makes a group: gateway, site, area or all.")
    unit: str = Field("1", description="UCUM unit of the condition's threshold; must be the point's own.")
    condition: Edge = Field(description="What a device must meet to be counted: `above` or `below`, and `clear`.")
    within_s: float = Field(ge=1, le=604800, description="A reading that meets it counts for so long.")
    share: bool = Field(False, description="Levels are a share of the members in per cent, not a number of devices.")
    min_members: int = Field(1, ge=1, le=100_000, description="Of fewer members nothing is said.")
    member_s: float = Field(
        86400, ge=60, le=2592000, description="A device that has said nothing for so long is no member any more."
    )
    hold_s: float = Field(0.0, ge=0, le=604800, description="How long a level must last before it counts.")
    levels: Levels = Field(min_length=1, max_length=8, description="From mild to grave; `above` only.")

    @model_validator(mode="after")
    def _sound(self) -> Self:
        check_levels(self.levels)
        if self.levels[0].above is None or self.levels[0].threshold <= 0:
            raise ValueError("levels are `above` a number of devices, or a share, that is not 0")
        if self.share and self.levels[-1].threshold > 100:
            raise ValueError("a share is never above 100 %")
        if self.by == "device":
            raise ValueError("one device is no group: by is gateway, site, area or all")
        if self.member_s < self.within_s:
            raise ValueError(f"member_s {self.member_s} must not be shorter than within_s {self.within_s}")
        return self

    @cached_property
    def ladder(self) -> Ladder:
        """The levels as plain numbers."""
        return ladder_of(self.levels, self.hold_s)

    @property
    def shape(self) -> str:
        """What is remembered means something else when any of these changes."""
        return f"n_of_m {self.condition.above} {self.condition.below}"

    @property
    def figure_unit(self) -> str:
        """The unit of the levels."""
        return "%" if self.share else "1"

    def fits(self, unit: str) -> bool:
        """True when the condition is in the point's unit."""
        return unit == self.unit

    @property
    def band(self) -> tuple[float, float]:
        """Values of a member strictly between these two do not meet the condition."""
        return self._edge.band

    def step(self, standing: Standing, at: int, value: float) -> Standing:
        """The standing after a figure."""
        return self.ladder.step(standing, at, value)

    def measure(self, standing: Standing, at: int, value: float) -> float | None:
        """The figure that is held against the thresholds: the number or share of devices."""
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

    def sources(self, own: Selector) -> tuple[Selector]:
        """There is one input, from the rule's own selector."""
        return (own,)

    def gather(self) -> Headcount:
        """Memories of nobody yet, which are counted as they come."""
        return Headcount(met_ms=self.within_s * 1000, member_ms=self.member_s * 1000)

    def remember(self, memory: Memory, given: Input) -> Memory:
        """Whether a member meets the condition, and when that was read."""
        before = Standing(1, (0,)) if memory and memory[0][1] == MET else IDLE
        now = MET if self._edge.step(before, given.at, given.value).since else NOT_MET
        if now == NOT_MET and memory and memory[0][1] == NOT_MET and given.at < self._renewed_at(memory):
            return memory
        return ((given.at, now),)

    def is_still(self, before: Memory, after: Memory) -> bool:
        """True when the member does not, and did not, meet the condition."""
        return after[0][1] == NOT_MET and not (before and before[0][1] == MET)

    def is_deaf(self, part: int, memory: Memory, extremes: tuple[float, float], until: int) -> bool:
        """True for a member that does not meet the condition, and goes on so."""
        del part
        floor, ceiling = self.band
        quiet = bool(memory) and memory[0][1] == NOT_MET and floor < extremes[0] and extremes[1] < ceiling
        return quiet and until < self._renewed_at(memory)

    def lasts(self, memories: Mapping[Slot, Memory], at: int) -> bool:
        """True while somebody is counted."""
        return bool(self._counted(memories).met(at))

    def figure_of(self, memories: Mapping[Slot, Memory], given: Input, at: int) -> float | None:
        """The number or share of members that are counted; None when there are too few members."""
        del given
        counted = self._counted(memories)
        members, count = counted.members(at), len(counted.met(at))
        if members < self.min_members:
            return None
        return 100 * count / members if self.share else float(count)

    def named(self, memories: Mapping[Slot, Memory], at: int) -> list[str]:
        """The devices that are counted."""
        return sorted(device for (_, device), _ in self._counted(memories).met(at))

    def _counted(self, memories: Mapping[Slot, Memory]) -> Headcount:
        if isinstance(memories, Headcount):
            return memories
        counted = self.gather()
        for slot, memory in memories.items():
            counted[slot] = memory
        return counted

    def _renewed_at(self, memory: Memory) -> int:
        """When a member that does not meet the condition is taken down as heard again."""
        return memory[0][0] + round(self.member_s * 1000 / RENEWALS)

    @cached_property
    def _edge(self) -> Ladder:
        return ladder_of((self.condition,), 0)
