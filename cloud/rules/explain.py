"""Tells how a rule came to an alarm: replays the kind over the readings around it, with figures and holds. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from cloud.rules.kinds.stale import Stale
from cloud.rules.ladder import IDLE, Standing
from cloud.rules.rule import Rule
from cloud.store.rows import AlarmHistoryRow

Readings = Sequence[tuple[int, float]]

# Kinds that step from one reading to the next; what looks at several devices, or at past weeks, is not told so.
REPLAYED: Final = frozenset({"threshold", "rate_of_change", "stale", "flat_line", "window", "repeated", "schedule"})
AS_READ: Final = frozenset({"threshold", "schedule"})  # what is judged is the value itself
LEAD_MS: Final = 30 * 60_000  # so much is shown before, at least
MOST_MS: Final = 7 * 86_400_000
MOST_SHOWN: Final = 1_500
ENDS: Final = {
    "shelved": "unshelved",
    "suppressed": "unsuppressed",
    "out_of_service": "in_service",
    "flapping": "steady",
}


@dataclass(frozen=True, slots=True)
class Judged:
    """One reading with the figure that was held against the levels, and the level that stood behind it (0 = none)."""

    at: int
    value: float
    figure: float | None
    level: int


@dataclass(frozen=True, slots=True)
class Hold:
    """A level was reached at `begin`. It counted from `end` on when it held; else it was left then (None = lasts).

    `before`: the first reading that was looked at had reached it already, so it may have been reached long before.
    """

    level: str
    begin: int
    end: int | None
    held: bool
    before: bool = False


@dataclass(frozen=True, slots=True)
class Mute:
    """Between these two moments people were told nothing of the alarm, and why (None = still).

    Of what flaps they were told that it does, and then what was graver.
    """

    why: str
    begin: int
    end: int | None
    comment: str


@dataclass(frozen=True, slots=True)
class Replay:
    """What the rule made of the readings."""

    judged: tuple[Judged, ...] = ()
    holds: tuple[Hold, ...] = ()


def span_of(rule: Rule | None, *, raised_at: int, ended_at: int) -> tuple[int, int]:
    """The time around an alarm that tells how it came: the windows and holds before it, to its end or a week."""
    lead = LEAD_MS + round(1250 * sum(_lasting(rule))) if rule is not None else LEAD_MS
    begin = raised_at - min(lead, MOST_MS // 2)
    return begin, min(max(ended_at, raised_at) + LEAD_MS, begin + MOST_MS)


def replay(rule: Rule, readings: Readings, *, until: int) -> Replay:
    """The rule over these readings, from nothing; the first ones only fill its windows."""
    if rule.kind.kind not in REPLAYED:
        return Replay(tuple(Judged(at, value, None, 0) for at, value in readings))
    steps = _silences(readings, until) if isinstance(rule.kind, Stale) else readings
    standing, judged, holds = IDLE, [], list[Hold]()
    for at, value in steps:
        figure = rule.kind.measure(standing, at, value)
        then = rule.kind.step(standing, at, value)
        _note_holds(rule, holds, standing, then, at=at)
        standing = then
        judged.append(Judged(at, value, figure, then.level))
    first = judged[0].at if judged else 0
    return Replay(tuple(judged), tuple(replace(hold, before=hold.begin == first) for hold in holds))


def thinned(judged: Sequence[Judged], most: int = MOST_SHOWN) -> list[Judged]:
    """As many as a chart can show: every change of level, the ends, and of each stretch its smallest and largest."""
    if len(judged) <= most:
        return list(judged)
    size = -(-2 * len(judged) // most)
    kept: dict[int, Judged] = {judged[0].at: judged[0], judged[-1].at: judged[-1]}
    for begin in range(0, len(judged), size):
        stretch = judged[begin : begin + size]
        for each in (min(stretch, key=_shown), max(stretch, key=_shown)):
            kept[each.at] = each
    for before, after in pairwise(judged):
        if before.level != after.level:
            kept |= {before.at: before, after.at: after}
    return [kept[at] for at in sorted(kept)]


def mutes(history: Iterable[AlarmHistoryRow]) -> list[Mute]:
    """When people were told nothing of an alarm, from the lines of its history."""
    found: list[Mute] = []
    opened: dict[str, AlarmHistoryRow] = {}
    for line in history:
        if line.what in ENDS:
            opened.setdefault(ENDS[line.what], line)  # each raise within planned work says it again
        elif line.what in opened:
            begun = opened.pop(line.what)
            found.append(Mute(begun.what, begun.at, line.at, begun.comment))
    found.extend(Mute(line.what, line.at, None, line.comment) for line in opened.values())
    return sorted(found, key=lambda each: each.begin)


def _lasting(rule: Rule) -> Iterator[float]:
    """Everything of a rule that takes time, in seconds."""
    for name in ("hold_s", "window_s"):
        yield float(getattr(rule.kind, name, 0.0))
    yield max((float(getattr(level, "after_s", 0.0)) for level in rule.kind.levels), default=0.0)


def _silences(readings: Readings, until: int) -> Iterator[tuple[int, float]]:
    """How long nothing came, seen when the next reading came: a saw that falls with each reading."""
    for (at, _), (following, _) in pairwise([*readings, (until, 0.0)]):
        yield at, 0.0
        if following > at:
            yield following - 1, (following - at) / 1000


def _note_holds(rule: Rule, holds: list[Hold], before: Standing, after: Standing, *, at: int) -> None:
    """Opens a hold for each level that is reached, and ends those that were left or have held long enough."""
    reached, counted = len(after.since), after.level
    for position, hold in enumerate(holds):
        if hold.end is not None:
            continue
        number = _number(rule, hold.level)
        if number <= counted or number > reached:
            holds[position] = Hold(hold.level, hold.begin, at, number <= counted)
    for number in range(len(before.since) + 1, reached + 1):
        held = number <= counted
        holds.append(Hold(rule.kind.level(number).name, after.since[number - 1], at if held else None, held))


def _number(rule: Rule, level: str) -> int:
    names = [rule.kind.level(number).name for number in range(1, len(rule.kind.levels) + 1)]
    return names.index(level) + 1


def _shown(each: Judged) -> float:
    return each.value if each.figure is None else each.figure
