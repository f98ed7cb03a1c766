"""The review of rules that listen to alarms of others: what corrected alarms make of the past of a combination.

```
  tilt   ──────██████████─────   chronicles of the alarms near by, as they are known now
  soil   ──────────██████████─
  figure       1   2     1   0   ▶ the same levels as live ▶ what the history of the combination should say
```
At one instant only what is left after everything that happened in it counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from operator import itemgetter

from cloud.alarms.book import Key, key_of
from cloud.alarms.chronicle import Facts, facts_of, level_at
from cloud.rules.active import ActiveAlarms
from cloud.rules.course import Course, Move, is_idle
from cloud.rules.groups_alarms import counted_near, names_of
from cloud.rules.kinds.combination import Combination, Listened
from cloud.rules.ladder import IDLE
from cloud.rules.review import Truth
from cloud.rules.review_groups import MovedError
from cloud.rules.review_marks import Mark
from cloud.rules.review_settling import Past, Settling
from cloud.rules.roster import Roster
from cloud.rules.rule import Rule
from cloud.rules.scope import Geography, Place
from cloud.rules.turn import Turn
from cloud.rules.watch import Post
from cloud.store.base import AlarmHistoryRow, AlarmRow

NOBODY = -1


@dataclass(frozen=True, slots=True)
class CombinationCase:
    """A mark of a combination, and how it stood when somebody began to look at it."""

    mark: Mark
    rule: Rule
    kind: Combination
    post: Post
    geography: Geography
    around: Sequence[Place]
    severities: Mapping[tuple[str, str], int]  # of the levels of the rules that it listens to
    course: Course
    heard: int

    @property
    def key(self) -> Key:
        """Which rule and place."""
        return self.mark.key


@dataclass(frozen=True, slots=True)
class Voice:
    """What is known now of one alarm near by: its level over time, and which levels count."""

    rule: str
    facts: Facts
    counting: frozenset[str]


@dataclass(frozen=True, slots=True)
class CombinationPast:
    """What the alarms near by make of a stretch; `at` is the newest instant at which one of them moved."""

    truth: Truth
    at: int


def combination_cases_of(marks: Sequence[Mark], roster: Roster, active: ActiveAlarms) -> list[CombinationCase]:
    """The cases behind marks of combinations; a mark whose rule is gone has none."""
    cases = []
    for mark in marks:
        place = (mark.gateway, mark.device)
        post = roster.groups.combined(mark.rule, place)
        if post is None or not isinstance(kind := post.track.rule.kind, Combination):
            continue
        others = (roster.rule(each.rule) for each in kind.alarms)
        levels = ((other.id, level) for other in others if other for level in other.kind.levels)
        severities = {(name, level.name): level.severity for name, level in levels}
        around = active.geography.around(place, active.geography.site_of(place) or post.watch.site)
        where = (active.geography, around)
        case = CombinationCase(mark, post.track.rule, kind, post, *where, severities, post.track.course, post.moves)
        cases.append(case)
    return cases


def voices_of(case: CombinationCase, pasts: Mapping[str, Past]) -> Iterator[Voice]:
    """The alarms that a combination heard or should have heard; `pasts` by rule, of all devices."""
    for each in case.kind.alarms:
        past = pasts[each.rule]
        near = {
            row.id: row
            for row in past.alarms
            if case.geography.is_near((row.gateway, row.device), row.site, case.around)
        }
        lines: dict[Key, list[AlarmHistoryRow]] = {key_of(row): [] for row in near.values()}
        for line in past.lines:
            if line.alarm in near:
                lines[key_of(near[line.alarm])].append(line)
        counting = _counting(each, near.values(), case.severities)
        for own in lines.values():
            yield Voice(each.rule, facts_of(own), counting)


def past_of_combination(case: CombinationCase, voices: Iterable[Voice], *, begin: int, level: int) -> CombinationPast:
    """Steps through everything that happened near by since the begin, in order."""
    heard = list(voices)
    sounding = {number for number, voice in enumerate(heard) if level_at(voice.facts, begin) in voice.counting}
    changes = sorted((at, number) for number, voice in enumerate(heard) for at in voice.facts if at > begin)
    standing, moves, stirred, at = replace(IDLE, level=level, since=(begin,) * level), list[Move](), 0, begin
    for at, here in groupby([(begin, NOBODY), *changes], key=itemgetter(0)):
        for _, number in here:
            counts = number != NOBODY and heard[number].facts[at].level in heard[number].counting
            sounding = sounding | {number} if counts else sounding - {number}
        figure = float(len({heard[number].rule for number in sounding}))
        then = case.kind.step(standing, at, figure)
        if then.level != standing.level:
            moves.append(Move(at, standing.level, then.level, figure))
        if not (is_idle(standing) and is_idle(then)):
            stirred = at
        standing = then
    return CombinationPast(Truth(begin, level, tuple(moves), standing, stirred), at)


def settle_combination(
    turn: Turn, roster: Roster, *, case: CombinationCase, past: Past, found: CombinationPast
) -> None:
    """Makes the history and the live alarm of a combination agree with what it should have heard.

    MovedError: something near by has changed since, nothing is done, look again.
    """
    post, place = case.post, case.key[1:]
    if turn.marks.get(case.key) != case.mark or roster.groups.combined(case.rule.id, place) is not post:
        raise MovedError("marked again")
    if post.moves != case.heard or post.track.course != case.course or post.track.rule.version != case.rule.version:
        raise MovedError("the alarms near by have moved")
    if {row.id for row in past.alarms if row.open} != {row.id for row in [turn.book.open_alarm(case.key)] if row}:
        raise MovedError("somebody has worked on the alarm")
    turn.rows.append(turn.marks.take(case.key))
    active = turn.causes.active
    counted = list(counted_near(case.kind, active, case.around))
    watch = post.watch
    watch.site = watch.site or active.geography.site_of(place) or next((row.site for row in counted), "")
    watch.named = partial(names_of, counted)
    settling = Settling(turn, post.track, watch, past, found.truth)
    course = replace(settling.put_right(), live=found.truth.standing, at=max(case.course.at, found.at))
    last = max((move.at for move in found.truth.moves), default=0)
    settling.write_down()
    course = replace(course, moved=max(course.moved, last), stirred=max(course.stirred, found.truth.stirred))
    turn.follow(post.track, watch, course)


def _counting(each: Listened, rows: Iterable[AlarmRow], severities: Mapping[tuple[str, str], int]) -> frozenset[str]:
    """The levels that count; what the rule does not say now, its alarms do."""
    known = {level: severity for (rule, level), severity in severities.items() if rule == each.rule}
    known = {row.level: row.severity for row in rows} | known
    return frozenset(level for level, severity in known.items() if each.counts(level, severity))
