"""How soon an incident must be acknowledged, dispatched, begun and resolved, and who is told when it is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum
from types import MappingProxyType

from cloud.incidents.office_hours import Clockwork
from cloud.incidents.regulation import Regulation, TierName
from cloud.incidents.workflow import Move

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS


class Goal(StrEnum):
    """What must have happened in time."""

    ACKNOWLEDGE = "acknowledge"
    DISPATCH = "dispatch"
    FIRST_ACTION = "first_action"
    RESOLVE = "resolve"


class Tier(IntEnum):
    """Up to whom an incident has been escalated."""

    DESK = 0  # trực ban IOC
    COMMUNE = 1  # UBND xã/phường
    DEPARTMENT = 2  # sở chủ trì
    PROVINCE = 3  # UBND tỉnh, BCH phòng thủ dân sự tỉnh


@dataclass(frozen=True, slots=True)
class Deadline:
    """One goal: how long it may take, until when, and when it was met (None = not yet). Times in ms since 1970 UTC."""

    goal: Goal
    target_ms: int
    due_at: int
    met_at: int | None = None


Deadlines = tuple[Deadline, ...]
TIERS: Mapping[TierName, Tier] = MappingProxyType(
    {"commune": Tier.COMMUNE, "department": Tier.DEPARTMENT, "province": Tier.PROVINCE}
)

MEETS: Mapping[Move, Goal] = MappingProxyType(
    {
        Move.RECEIVE: Goal.ACKNOWLEDGE,
        Move.DISPATCH: Goal.DISPATCH,
        Move.START: Goal.FIRST_ACTION,
        Move.RESOLVE: Goal.RESOLVE,
    }
)


def begin(rules: Regulation, severity: int, at: int) -> Deadlines:
    """The deadlines of an incident that was opened then."""
    clock, targets = rules.clock_of(severity), rules.of(severity).targets_ms
    return tuple(Deadline(goal, ms, clock.moved(at, ms)) for goal, ms in zip(Goal, targets, strict=True))


def meet(deadlines: Deadlines, move: Move, at: int) -> Deadlines:
    """The deadlines after a move: it meets its goal, the first time."""
    goal = MEETS.get(move)
    return tuple(replace(each, met_at=at) if each.goal is goal and each.met_at is None else each for each in deadlines)


def resume(deadlines: Deadlines, clock: Clockwork, *, paused_at: int, at: int) -> Deadlines:
    """The deadlines after a pause: what is not met yet has as much counted time left, or is as late, as before."""
    return tuple(
        each if each.met_at is not None else replace(each, due_at=_later(clock, each.due_at, paused_at, at))
        for each in deadlines
    )


def retarget(deadlines: Deadlines, rules: Regulation, *, before: int, after: int) -> Deadlines:
    """The deadlines under another severity, counted from the same begin; what is met stays judged as it was."""
    old, new = rules.clock_of(before), rules.clock_of(after)
    targets = dict(zip(Goal, rules.of(after).targets_ms, strict=True))

    def moved(deadline: Deadline) -> Deadline:
        target = targets[deadline.goal]
        began = old.moved(deadline.due_at, -deadline.target_ms)
        return Deadline(deadline.goal, target, new.moved(began, target))

    return tuple(each if each.met_at is not None else moved(each) for each in deadlines)


def reopen(rules: Regulation, severity: int, at: int) -> Deadlines:
    """All begins anew, and the acknowledgement is met: somebody has it in hand already."""
    return meet(begin(rules, severity, at), Move.RECEIVE, at)


def next_due(deadlines: Deadlines) -> int | None:
    """The earliest deadline that is not met; None when all are."""
    return min((each.due_at for each in deadlines if each.met_at is None), default=None)


def tier(deadlines: Deadlines, rules: Regulation, severity: int, now: int) -> Tier:
    """Up to whom it has been escalated by now; in a pause, `now` is when the pause began.

    It never falls while time passes: a goal that was met late stays as late as it was.
    """
    clock, ladder = rules.clock_of(severity), rules.of(severity).escalate
    passed = [(each.target_ms, _passed_ms(each, clock, now)) for each in deadlines]
    reached = (
        TIERS[step.tier] for step in ladder
        if not step.after or any(ms >= round(step.after * target) for target, ms in passed)
    )  # fmt: skip
    return max(reached, default=Tier.DESK)


def _passed_ms(deadline: Deadline, clock: Clockwork, now: int) -> int:
    """How much of the target had passed when it was met, or has by now."""
    until = now if deadline.met_at is None else deadline.met_at
    return deadline.target_ms + clock.between(deadline.due_at, until)


def _later(clock: Clockwork, due_at: int, paused_at: int, at: int) -> int:
    return clock.moved(at, clock.between(paused_at, due_at))
