"""The review: what late readings make of the past, so that every order of arrival ends in the same alarm history.

```
 observe ─▶ late reading ─▶ mark (rule, device, oldest late time), in the same commit            review_marks.py
 worker  ─▶ mark is quiet ─▶ raw readings + chronicle ─▶ replay in order of observation          this file
 judge   ─▶ what differs: missed / missed_end / withdrawn lines, the live alarm put right        review_settling.py
```
A late reading never steps the live standing. It marks the stretch from its time to now, and once nothing more has come
late for a few seconds, the stretch is judged again from the readings that are stored, by the very steps that judge
live. A stretch begins with the level that the chronicle knows and with a memory that is replayed from further back:
far enough that nothing before can be in it (`is_enough`). So the outcome is that of delivery in order, whatever came
twice, shuffled or hours late, and wherever the centre was killed: all that it needs is the mark, the readings and the
lines. What is long past is written down and pages nobody.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import merge
from itertools import pairwise
from operator import itemgetter

from cloud.rules.course import Move, Steps, advance, is_idle
from cloud.rules.kinds.baseline import Baseline
from cloud.rules.kinds.flat_line import FlatLine
from cloud.rules.kinds.rate_of_change import MEMORY, RateOfChange
from cloud.rules.kinds.repeated import Repeated
from cloud.rules.kinds.schedule import Schedule
from cloud.rules.kinds.threshold import Threshold
from cloud.rules.kinds.window import Window
from cloud.rules.ladder import IDLE, Standing
from cloud.rules.rule import Rule

Readings = Sequence[tuple[int, float]]
Reviewed = Threshold | RateOfChange | FlatLine | Window | Repeated | Schedule | Baseline
REVIEWED = (Threshold, RateOfChange, FlatLine, Window, Repeated, Schedule, Baseline)
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Truth:
    """What delivery in order makes of a stretch that begins at `begin`, with the level that held just before."""

    begin: int
    level: int
    moves: tuple[Move, ...]
    standing: Standing
    stirred: int  # the newest time of the stretch at which the rule was not idle; 0 = never

    def level_at(self, at: int) -> int:
        """The level from a time on."""
        return next((move.after for move in reversed(self.moves) if move.at <= at), self.level)

    def episode(self, at: int) -> tuple[int, float]:
        """The stretch above all levels in which a time lies, its end included; without end while it lasts."""
        began = [self.begin, *(move.at for move in self.moves if move.before == 0 and move.at <= at)]
        return began[-1], min((move.at for move in self.moves if move.after == 0 and move.at >= at), default=math.inf)


def kind_of(rule: Rule) -> Reviewed | None:
    """How a rule judges, when late readings of its point are reviewed: silence is judged as it was heard."""
    return rule.kind if isinstance(rule.kind, REVIEWED) else None


def start(kind: Reviewed, before: Readings, *, begin: int, level: int) -> Truth:
    """How a rule stands just before a stretch: at the level that is known, with the memory of the readings before."""
    standing, _ = advance(kind, IDLE, before)
    since = (begin,) * level + standing.since[level:]
    return Truth(begin, level, (), replace(standing, level=level, since=since), 0)


def go_on(kind: Reviewed, truth: Truth, readings: Readings, *, quiet: Collection[int] = ()) -> Truth:
    """Steps on through readings, in order of observation.

    `quiet` are times at which a hold ended without a reading: the device had been read and had nothing new to say.
    """
    standing, moves, stirred = truth.standing, list(truth.moves), truth.stirred
    for at, value in _in_order(readings, quiet):
        then, figure = _step(kind, standing, at, value)
        if then.level != standing.level:
            moves.append(Move(at, standing.level, then.level, figure))
        if not (is_idle(standing) and is_idle(then)):
            stirred = at
        standing = then
    return Truth(truth.begin, truth.level, tuple(moves), standing, stirred)


def replay(kind: Reviewed, readings: Readings, *, begin: int, level: int, quiet: Collection[int] = ()) -> Truth:
    """The truth of a stretch that begins at `begin`, at a level; readings before it only make the memory."""
    place = bisect_left(readings, (begin,))
    return go_on(kind, start(kind, readings[:place], begin=begin, level=level), readings[place:], quiet=quiet)


def is_enough(kind: Reviewed, before: Readings, *, since: int) -> bool:
    """True when all readings from `since` to the late one, `before`, make the memory that all readings ever would.

    A level is held since at most `hold` before the last reading, else it would count by now; so what is remembered
    must be right from there on.
    """
    hold_ms = kind.ladder.hold_ms
    if not hold_ms and isinstance(kind, Threshold | Schedule):
        return True
    if not before:
        return False
    certain = before[-1][0] - hold_ms  # from the last reading up to here on, the memory must be right
    if isinstance(kind, FlatLine):
        return any(_begins_anew(kind, one, other) for one, other in pairwise(before))
    if isinstance(kind, Repeated):
        past = certain - round(kind.window_s * 1000)
        return any(at <= past and _is_decided(kind, value) for at, value in before)
    if isinstance(kind, Window) and kind.tumbling:
        certain = max((at for at, _ in before if at <= certain), default=since)
    return since <= certain - reach_ms(kind)


def enough_of(kind: Reviewed, readings: Readings, *, begin: int) -> Readings:
    """The newest of these readings that are enough to replay from `begin` on."""
    place, back = bisect_left(readings, (begin,)), 1
    while back < place and not is_enough(kind, readings[place - back : place], since=readings[place - back][0]):
        back *= 4
    return readings[max(0, place - back) :]


def reach_ms(kind: Reviewed) -> int:
    """How long before a reading others can be that it is judged with."""
    if isinstance(kind, RateOfChange):
        return round(kind.window_s * 1000 * (1 + 1 / MEMORY))
    if isinstance(kind, Window):
        return round((kind.window_s + (kind.step_s or kind.window_s / 60)) * 1000)
    if isinstance(kind, Repeated):
        return round(kind.window_s * 1000)
    if isinstance(kind, FlatLine):
        return round(kind.levels[-1].after_s * 1000)
    return (kind.periods * kind.period_days + 1) * DAY_MS if isinstance(kind, Baseline) else 0


def _in_order(readings: Readings, quiet: Collection[int]) -> Iterator[tuple[int, float | None]]:
    if not quiet:
        return iter(readings)
    times = {at for at, _ in readings}
    return merge(readings, ((at, None) for at in sorted(quiet) if at not in times), key=itemgetter(0))


def _step(kind: Steps, standing: Standing, at: int, value: float | None) -> tuple[Standing, float | None]:
    """The standing after a reading, or after a time without one; and the figure that is held against the levels."""
    if value is not None:
        return kind.step(standing, at, value), kind.measure(standing, at, value)
    figure = standing.memory[-1][1] if standing.memory else None
    return (kind.wait(standing, at) if isinstance(kind, Threshold) else standing), figure


def _begins_anew(kind: FlatLine, one: tuple[int, float], other: tuple[int, float]) -> bool:
    """True when a line begins with the other reading, wherever the line of the one began."""
    (then, before), (at, value) = one, other
    paused = at - then > kind.gap_s * 1000
    normal = any(abs(value - each) <= kind.tolerance for each in kind.normal)
    return paused or normal or abs(value - before) > 2 * kind.tolerance * (1 + 1e-9)


def _is_decided(kind: Repeated, value: float) -> bool:
    """True when the value alone says whether it is the event: it does not lie between threshold and clear level."""
    edge = kind.event
    low, high = sorted((edge.threshold, edge.threshold if edge.clear is None else edge.clear))
    return not low < value < high
