"""How soon an incident must be acknowledged, dispatched, begun and resolved, and who is told when it is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum
from types import MappingProxyType

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

# Unconfirmed, after common provincial practice: severity 1 resolve, and first action of 2 to 4, are our own proposals;
# hours of severity 4 are counted through, not as office hours. A provincial regulation has the last word.
TARGETS_MS: Mapping[int, tuple[int, int, int, int]] = MappingProxyType(
    {
        1: (2 * MINUTE_MS, 5 * MINUTE_MS, 30 * MINUTE_MS, 4 * HOUR_MS),
        2: (5 * MINUTE_MS, 15 * MINUTE_MS, HOUR_MS, 4 * HOUR_MS),
        3: (15 * MINUTE_MS, HOUR_MS, 4 * HOUR_MS, DAY_MS),
        4: (2 * HOUR_MS, DAY_MS, 2 * DAY_MS, 7 * DAY_MS),
    }
)
# Severity -> (tenths of the target that have passed, who is told), rising. Severity 1 is told to the top at once.
LADDER: Mapping[int, tuple[tuple[int, Tier], ...]] = MappingProxyType(
    {
        1: ((0, Tier.PROVINCE),),
        2: ((10, Tier.DEPARTMENT), (20, Tier.PROVINCE)),
        3: ((10, Tier.COMMUNE), (15, Tier.DEPARTMENT), (30, Tier.PROVINCE)),
        4: ((12, Tier.DEPARTMENT),),
    }
)
MEETS: Mapping[Move, Goal] = MappingProxyType(
    {
        Move.RECEIVE: Goal.ACKNOWLEDGE,
        Move.DISPATCH: Goal.DISPATCH,
        Move.START: Goal.FIRST_ACTION,
        Move.RESOLVE: Goal.RESOLVE,
    }
)


def begin(severity: int, at: int) -> Deadlines:
    """The deadlines of an incident that was opened then."""
    return tuple(Deadline(goal, ms, at + ms) for goal, ms in zip(Goal, TARGETS_MS[severity], strict=True))


def meet(deadlines: Deadlines, move: Move, at: int) -> Deadlines:
    """The deadlines after a move: it meets its goal, the first time."""
    goal = MEETS.get(move)
    return tuple(replace(each, met_at=at) if each.goal is goal and each.met_at is None else each for each in deadlines)


def shift(deadlines: Deadlines, pause_ms: int) -> Deadlines:
    """The deadlines after a pause: what is not met yet is due later by just as much."""
    return tuple(replace(each, due_at=each.due_at + pause_ms) if each.met_at is None else each for each in deadlines)


def retarget(deadlines: Deadlines, severity: int) -> Deadlines:
    """The deadlines under another severity, counted from the same begin; what is met stays judged as it was."""
    targets = dict(zip(Goal, TARGETS_MS[severity], strict=True))
    return tuple(
        each if each.met_at is not None
        else Deadline(each.goal, targets[each.goal], each.due_at - each.target_ms + targets[each.goal])
        for each in deadlines
    )  # fmt: skip


def reopen(deadlines: Deadlines, severity: int, at: int) -> Deadlines:
    """All but the acknowledgement begin anew: somebody has it in hand already."""
    first, *_ = deadlines
    return (replace(first, met_at=at) if first.met_at is None else first, *begin(severity, at)[1:])


def next_due(deadlines: Deadlines) -> int | None:
    """The earliest deadline that is not met; None when all are."""
    return min((each.due_at for each in deadlines if each.met_at is None), default=None)


def tier(deadlines: Deadlines, severity: int, now: int) -> Tier:
    """Up to whom it has been escalated by now; in a pause, `now` is when the pause began.

    It never falls while time passes: a goal that was met late stays as late as it was.
    """
    tenths = [_passed(each, now) for each in deadlines]
    return max((who for at_least, who in LADDER[severity] if max(tenths, default=0) >= at_least), default=Tier.DESK)


def _passed(deadline: Deadline, now: int) -> int:
    """How much of the target had passed when it was met, or has by now, in tenths."""
    until = now if deadline.met_at is None else deadline.met_at
    return 10 * (until - deadline.due_at + deadline.target_ms) // deadline.target_ms
