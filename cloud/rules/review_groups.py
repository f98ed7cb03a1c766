"""The review of rules over several inputs: what late inputs make of the past of a group."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from cloud.alarms.book import Key
from cloud.errors import CloudError
from cloud.rules.course import Course, Move, is_idle
from cloud.rules.groups import Gathers, Group, Input, Member, Memory, Slot, instant_of
from cloud.rules.kinds.compare import Compare
from cloud.rules.kinds.expression import Expression
from cloud.rules.kinds.n_of_m import RENEWALS, NOfM
from cloud.rules.kinds.sequence import LASTS, Succession
from cloud.rules.ladder import IDLE
from cloud.rules.review import DAY_MS, Truth
from cloud.rules.review_marks import Mark
from cloud.rules.rule import Rule
from cloud.rules.watch import Post


class MovedError(CloudError):
    """Something has happened since the readings were taken: look again."""


@dataclass(frozen=True, slots=True)
class Source:
    """One point of a member, as an input of the kind; `newest` is the newest reading of it that was judged."""

    member: Member
    part: int
    profile: str
    point: str
    newest: int


@dataclass(frozen=True, slots=True)
class GroupCase:
    """A mark of a group, and how the group stood when somebody began to look at it.

    What the group judges from then on is on its `tape`, behind the first `taped` inputs.
    """

    mark: Mark
    rule: Rule
    kind: Gathers
    group: Group
    post: Post
    sources: Sequence[Source]
    course: Course
    moves: int
    tape: list[Input] = field(compare=False)
    taped: int

    @property
    def key(self) -> Key:
        """Which rule and place."""
        return self.mark.key

    def since(self) -> list[Input]:
        """What the group has judged since the case was opened; MovedError when that is not known."""
        if self.group.tape is not self.tape:
            raise MovedError("too much has come")
        return self.tape[self.taped :]


@dataclass(slots=True)
class GroupPast:
    """A group while its past is stepped through again. Mutable; whoever replays is its only owner."""

    kind: Gathers
    member: Member | None  # whose alarm it is, where each device has its own
    group: Group
    truth: Truth
    at: int = 0
    moved: int = 0

    @classmethod
    def of(cls, kind: Gathers, member: Member | None) -> GroupPast:
        """Before anything is known."""
        return cls(kind, member, Group.of(kind), Truth(0, 0, (), IDLE, 0))

    def begin(self, begin: int, level: int) -> None:
        """The stretch begins, at a level that is known."""
        standing = self.truth.standing
        since = (begin,) * level + standing.since[level:]
        self.truth = Truth(begin, level, (), replace(standing, level=level, since=since), 0)

    def go_on(self, inputs: Iterable[Input]) -> None:
        """Steps on through inputs, in order."""
        standing, moves, stirred = self.truth.standing, list(self.truth.moves), self.truth.stirred
        for given in inputs:
            figure = self.group.take(given, since=self.at, idle=not standing.since)
            if figure is None or (self.member is not None and given.member != self.member):
                continue
            self.at, value = figure
            if value is None:
                continue
            if self.member is None:
                self.at = instant_of(self.kind, standing, self.at, value, moved=self.moved)
            then = self.kind.step(standing, self.at, value)
            if then.level != standing.level:
                self.moved = self.at
                measured = self.kind.measure(standing, self.at, value)
                moves.append(Move(self.at, standing.level, then.level, measured))
            if not (is_idle(standing) and is_idle(then)):
                stirred = self.at
            standing = then
        self.truth = replace(self.truth, moves=tuple(moves), standing=standing, stirred=stirred)


def in_order(inputs: Iterable[Input]) -> list[Input]:
    """Inputs by time; at one time those first that others are compared to."""
    return sorted(inputs, key=lambda each: (each.at, -each.part, each.member))


def past_of_group(case: GroupCase, inputs: Iterable[Input], *, begin: int, level: int) -> GroupPast:
    """What the inputs that were judged when the case was opened make of its stretch."""
    newest = {(source.member, source.part): source.newest for source in case.sources}
    known = in_order(each for each in inputs if each.at <= newest.get((each.member, each.part), 0))
    _, gateway, device = case.key
    past = GroupPast.of(case.kind, (gateway, device) if case.kind.at_device else None)
    past.go_on(each for each in known if each.at < begin)
    past.begin(begin, level)
    past.go_on(each for each in known if each.at >= begin)
    return past


def reach_ms(kind: Gathers) -> int:
    """How long before an input others can be that it is judged with, a hold included."""
    if isinstance(kind, NOfM):
        return round(1000 * (kind.member_s * (1 + 1 / RENEWALS) + kind.hold_s))
    if isinstance(kind, Compare):
        return round(1000 * (kind.lag_s + kind.max_age_s + kind.hold_s))
    if isinstance(kind, Succession):
        return round(1000 * kind.levels[0].within_s) + DAY_MS
    return round(1000 * (kind.max_age_s + kind.hold_s)) if isinstance(kind, Expression) else DAY_MS


def is_known(case: GroupCase, inputs: Iterable[Input], *, begin: int) -> bool:
    """True when inputs from `reach_ms` before `begin` on say how the group stood at the begin.

    When a condition of a sequence began long before, nobody can say how long after the other one that was.
    """
    kind = case.kind
    if not isinstance(kind, Succession):
        return True
    of_slot: dict[Slot, list[Input]] = {(source.member, source.part): [] for source in case.sources}
    for given in in_order(inputs):
        of_slot[given.member, given.part].append(given)
    since = begin - reach_ms(kind) + round(1000 * kind.levels[0].within_s)
    return all(_is_slot_known(kind, case.group.memories.get(slot, ()), own, since) for slot, own in of_slot.items())


def _is_slot_known(kind: Succession, kept: Memory, own: Sequence[Input], since: int) -> bool:
    """True when its condition does not last from before, and did not begin before `since` and goes on."""
    if not own:
        return not (kept and kept[-1][1] == LASTS)
    if kind.remember(((0, LASTS),), own[0])[-1][1] == LASTS:
        return False
    memory: Memory = ()
    for given in own:
        memory = kind.remember(memory, given)
    began_early = any(began < since for began, lasts in memory if lasts == LASTS)
    return not began_early
