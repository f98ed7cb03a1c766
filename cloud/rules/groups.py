"""A group: the newest of what its members read becomes one figure over event time, which is held against levels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, Self

from cloud.rules.course import Move, Steps
from cloud.rules.ladder import IDLE, Standing
from cloud.rules.scope import Scope
from cloud.rules.selector import Selector

MAX_INPUTS = 12  # of one kind
MAX_TAPE = 10_000  # inputs that a group judges while somebody looks at its past
TOLERANCE_MS = 5_000  # members of a live fleet are heard in any order within so long

Member = tuple[str, str]  # gateway, device
Slot = tuple[Member, int]  # a member, and which of the kind's inputs it gives
Memory = tuple[tuple[int, float], ...]  # what a kind keeps of a slot; empty = nothing yet
Figure = tuple[int, float | None]  # when, and how much; None = nothing can be said


@dataclass(frozen=True, slots=True)
class Input:
    """One good reading of a member, for input number `part` of the kind."""

    at: int
    value: float
    member: Member
    part: int = 0


class Gathers(Steps, Protocol):
    """What every kind over several inputs can do besides; pure."""

    @property
    def by(self) -> Scope:
        """How far a group reaches."""

    @property
    def at_device(self) -> bool:
        """True when each device that gives the first input has an alarm of its own, false when the group has one."""

    def sources(self, own: Selector) -> Sequence[Selector]:
        """Where the inputs come from, by their numbers; `own` is the rule's selector."""

    @property
    def shape(self) -> str:
        """Names what is remembered: something of another shape does not fit."""

    def gather(self) -> dict[Slot, Memory]:
        """Memories of nobody yet; a kind may keep sums beside them."""

    def remember(self, memory: Memory, given: Input) -> Memory:
        """What is kept of a slot after an input; the same object when nothing changes."""

    def is_still(self, before: Memory, after: Memory) -> bool:
        """True when this change of a slot leaves a group as it is in which nothing lasts."""

    def is_deaf(self, part: int, memory: Memory, extremes: tuple[float, float], until: int) -> bool:
        """True when inputs between two values, up to a time, would neither change the slot nor such a group."""

    def lasts(self, memories: Mapping[Slot, Memory], at: int) -> bool:
        """True when the figure can change by the passing of time, or is no longer that of an idle group."""

    def figure_of(self, memories: Mapping[Slot, Memory], given: Input, at: int) -> float | None:
        """The figure at a time; None when there is none, such as without partners."""

    def named(self, memories: Mapping[Slot, Memory], at: int) -> list[str]:
        """The devices that make the figure what it is."""


@dataclass(slots=True)
class Group:
    """What is remembered of the members of one group. Mutable; whoever made it is its only owner.

    ```
      inputs   a ●────────●──────   b ────●──────   ▶ memories ▶ figure ▶ ladder ▶ alarm of the group
    ```
    Its time never goes back: an input that is older than the newest, but new for its member, counts now.
    """

    kind: Gathers
    memories: dict[Slot, Memory]
    members: set[Member] = field(default_factory=set)  # whoever belongs to it, whether or not anything is remembered
    lasts: bool | None = None  # whether anything does; None = not known since the start
    newest: int = 0  # time of the newest reading that any member has given
    stirred: int = 0  # newest time at which an input changed more than the time of a member
    tape: list[Input] | None = None  # what was judged since somebody looks at the past; None = nobody does

    @classmethod
    def of(cls, kind: Gathers) -> Self:
        """A group without members."""
        return cls(kind, kind.gather())

    def take(self, given: Input, *, since: int, idle: bool) -> Figure | None:
        """The figure after an input, or None when it changes nothing; `idle`: nothing is reached or pending."""
        if self.lasts is None:
            self.lasts = self.kind.lasts(self.memories, since)
        if self.tape is not None:
            self._note(self.tape, given)
        slot = (given.member, given.part)
        before = self.memories.get(slot, ())
        after = self.kind.remember(before, given)
        if after is not before:
            self.memories[slot] = after
        if idle and not self.lasts and self.kind.is_still(before, after):
            return None
        at = max(since, given.at)
        self.stirred = max(self.stirred, at)
        self.lasts = self.kind.lasts(self.memories, at)
        return at, self.kind.figure_of(self.memories, given, at)

    def ignores(self, given: Input) -> bool:
        """True when a late input leaves the past as it is: nothing lasted from its time on, and it begins nothing."""
        before = self.memories.get((given.member, given.part), ())
        quiet = self.lasts is False and given.at > self.stirred
        return quiet and self.kind.is_still(before, self.kind.remember((), given)) and bool(before)

    def _note(self, tape: list[Input], given: Input) -> None:
        """Keeps an input for those who look at the past, but never too many."""
        tape.append(given)
        if len(tape) > MAX_TAPE:
            self.tape = None

    def forget(self, member: Member) -> None:
        """A device has left the group."""
        self.members.discard(member)
        for slot in [slot for slot in self.memories if slot[0] == member]:
            del self.memories[slot]


def instant_of(kind: Steps, standing: Standing, at: int, value: float, *, moved: int) -> int:
    """When a figure counts: two changes of level are never at the same instant, `moved` being that of the last one."""
    return moved + 1 if at <= moved and kind.step(standing, at, value).level != standing.level else at


def replay(
    kind: Gathers, inputs: Iterable[Input], *, standing: Standing = IDLE, member: Member | None = None
) -> tuple[Standing, list[Move]]:
    """Where one group stands after inputs in order of time, and every change of level on the way; pure.

    `member`: whose alarm it is, where each device has its own; figures of the others are left out.
    """
    group, moves, since = Group.of(kind), [], 0
    for given in inputs:
        figure = group.take(given, since=since, idle=not standing.since)
        if figure is None or (member is not None and given.member != member):
            continue
        since, value = figure
        if value is None:
            continue
        then = kind.step(standing, since, value)
        if then.level != standing.level:
            moves.append(Move(since, standing.level, then.level, kind.measure(standing, since, value)))
        standing = then
    return standing, moves
