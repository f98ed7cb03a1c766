"""Settles a review: writes down in what the known history differs from the truth, and puts the live alarm right."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from cloud.alarms.book import Key, new_alarm
from cloud.alarms.chronicle import MISSED, MISSED_END, UPWARDS, WITHDRAWN, Fact, Facts, facts_of, level_at
from cloud.rules.course import Course, Move
from cloud.rules.follow import apply_move
from cloud.rules.review import Readings, Reviewed, Truth, kind_of, replay
from cloud.rules.review_groups import MovedError
from cloud.rules.review_marks import Mark
from cloud.rules.roster import ACTIVE, Roster
from cloud.rules.rule import Rule
from cloud.rules.turn import Turn
from cloud.rules.watch import Track, Watch
from cloud.store.base import AlarmHistoryRow, AlarmRow, NoticeRow

LATE = "from late data; nobody was told"
CHANGED = "late data changed what is known"
NOT_SO = "late data shows that it was not so"
WITHDRAWN_RULE = "the rule was changed or withdrawn"
RECORD = "m"  # ends the id of an alarm that late data alone has found


@dataclass(frozen=True, slots=True)
class Case:
    """A mark, and how its rule stood when somebody began to look at it."""

    mark: Mark
    rule: Rule
    kind: Reviewed
    profile: str
    course: Course
    newest: int  # time of the newest reading that was judged

    @property
    def key(self) -> Key:
        """Which rule and device."""
        return self.mark.key


@dataclass(frozen=True, slots=True)
class Past:
    """The alarms that a rule has made at a device, as far back as needed, and their lines in the order of writing."""

    alarms: Sequence[AlarmRow] = ()
    lines: Sequence[AlarmHistoryRow] = ()

    def begin(self, since: int, *, version: str) -> int:
        """Where a review of this version of the rule may begin: what other versions said stays as it is."""
        others = {alarm.id for alarm in self.alarms if alarm.rule_version != version}
        walls = (line.observed_at for line in self.lines if line.alarm in others or line.comment == WITHDRAWN_RULE)
        return max([since, *(wall + 1 for wall in walls)])


def cases_of(marks: Sequence[Mark], roster: Roster) -> list[Case]:
    """The cases behind marks; a mark whose rule or device is gone has none."""
    cases = []
    for mark in marks:
        found = _find(mark.key, roster)
        kind = kind_of(found[0].rule) if found else None
        if found and kind:
            track, watch = found
            rule = track.rule
            newest = watch.seen.get(rule.selector.point, 0)
            cases.append(Case(mark, rule, kind, watch.profile, track.course, newest))
    return cases


@dataclass(frozen=True, slots=True)
class Stretch:
    """What is to be replayed: from when on, at which level, and when holds have ended without a reading."""

    begin: int
    level: int
    quiet: Sequence[int]


class Marked(Protocol):
    """A mark, and the rule that it is of."""

    @property
    def mark(self) -> Mark:
        """From when on the past may be another."""

    @property
    def rule(self) -> Rule:
        """As it ran when somebody began to look."""


def stretch_of(case: Marked, past: Past, *, stored_since: int = 0) -> Stretch:
    """What is to be replayed for a case, by what the chronicle knows; readings of before `stored_since` may be gone."""
    facts = facts_of(past.lines)
    begin = past.begin(max(case.mark.since, stored_since), version=str(case.rule.version))
    quiet = [at for at, fact in facts.items() if at >= begin and fact.what in UPWARDS]
    return Stretch(begin, _number(case.rule, level_at(facts, begin - 1)), quiet)


def truth_of(case: Case, past: Past, readings: Readings) -> Truth:
    """What the readings up to the newest one, from far enough back, make of the case's stretch."""
    stretch = stretch_of(case, past)
    known = [reading for reading in readings if reading[0] <= case.newest]
    return replay(case.kind, known, begin=stretch.begin, level=stretch.level, quiet=stretch.quiet)


def drop(turn: Turn, roster: Roster, *, mark: Mark) -> None:
    """Forgets a mark of which nothing can be made any more; MovedError when something can."""
    place = (mark.gateway, mark.device)
    if _find(mark.key, roster) or roster.groups.find(mark.rule, place) or roster.groups.combined(mark.rule, place):
        raise MovedError("the rule looks at the device again")
    turn.rows.append(turn.marks.take(mark.key))


def settle(turn: Turn, roster: Roster, *, case: Case, past: Past, truth: Truth) -> None:
    """Makes history and live alarm agree with the truth. MovedError: nothing has changed, look again."""
    track, watch = _unmoved(turn, roster, case, past)
    turn.rows.append(turn.marks.take(case.key))
    if truth.begin > case.newest:
        return  # all of it was said by another version of the rule
    settling = Settling(turn, track, watch, past, truth)
    course = replace(settling.put_right(), live=truth.standing)
    settling.write_down()
    turn.follow(track, watch, replace(course, stirred=max(course.stirred, truth.stirred)))


def _unmoved(turn: Turn, roster: Roster, case: Case, past: Past) -> tuple[Track, Watch]:
    found, mark = _find(case.key, roster), turn.marks.get(case.key)
    if found is None or mark != case.mark:
        raise MovedError("marked again")
    track, watch = found
    newest = watch.seen.get(case.rule.selector.point, 0)
    if newest != case.newest or track.course != case.course or track.rule.version != case.rule.version:
        raise MovedError("newer readings have come")
    if {row.id for row in past.alarms if row.open} != {row.id for row in [turn.book.open_alarm(case.key)] if row}:
        raise MovedError("somebody has worked on the alarm")
    return track, watch


def _find(key: Key, roster: Roster) -> tuple[Track, Watch] | None:
    rule, gateway, device = key
    watch = roster.get(gateway, device)
    tracks = watch.tracks if watch else ()
    return next(((track, watch) for track in tracks if watch and track.rule.id == rule), None)


def _number(rule: Rule, level: str) -> int:
    """The number of a level, counted from 1; 0 for none, and for one that the rule does not know."""
    names = [each.name for each in rule.kind.levels]
    return names.index(level) + 1 if level in names else 0


@dataclass(slots=True)
class Settling:
    """One rule and place while its history is put right. Mutable; lives for one settlement."""

    turn: Turn
    track: Track
    watch: Watch
    past: Past
    truth: Truth
    facts: Facts = field(init=False)
    wrong: dict[int, Fact] = field(init=False)
    missing: dict[int, Move] = field(init=False)
    rows: dict[str, AlarmRow] = field(init=False)
    differs_from: int | None = field(init=False)  # when history and truth part

    def __post_init__(self) -> None:
        facts = facts_of(self.past.lines)
        self.facts = {at: fact for at, fact in facts.items() if at >= self.truth.begin}
        self.wrong = {at: fact for at, fact in self.facts.items() if fact.level != self._name(self.truth.level_at(at))}
        moves = {move.at: move for move in self.truth.moves}
        self.missing = {at: move for at, move in moves.items() if at not in self.facts or at in self.wrong}
        self.rows = {row.id: row for row in self.past.alarms}
        self.differs_from = min([*self.wrong, *self.missing], default=None)

    @property
    def key(self) -> Key:
        return self.track.rule.id, self.watch.gateway, self.watch.device

    def put_right(self) -> Course:
        """Raises, escalates, eases or clears the live alarm when its level is not the true one."""
        course, level = self.track.course, self.truth.standing.level
        if course.live.level == level:
            return course
        last = self.truth.moves[-1] if self.truth.moves else None
        at = last.at if last and last.at in self.missing else max(self.wrong, default=self.turn.now)
        move = Move(at, course.live.level, level, last.figure if last else None)
        told, lines = len(self.turn.notices), len(self.turn.history)
        course = apply_move(self.track, self.watch, course, move=move, turn=self.turn)
        self.turn.history[lines] = replace(self.turn.history[lines], comment=CHANGED)
        if any(at == each.observed_at for each in self.past.lines):  # perhaps said before, and taken back since
            self.turn.notices[told:] = [_said_again(each, at, self.turn.now) for each in self.turn.notices[told:]]
        self.wrong.pop(at, None)
        self.missing.pop(at, None)
        return course

    def write_down(self) -> None:
        """Adds the lines that are missing and withdraws those that are wrong; tells no people, but those who listen."""
        for at, fact in self.wrong.items():
            if at not in self.missing:
                self._add(fact.alarm, at, WITHDRAWN, level=fact.level, value=None, comment=NOT_SO)
        for at, move in sorted(self.missing.items()):
            what = MISSED if move.after > move.before else MISSED_END
            self._add(self._carrier(move), at, what, level=self._name(move.after), value=move.figure, comment=LATE)
        alarm = self.turn.book.open_alarm(self.key) or next(iter(self.rows.values()), None)
        if self.differs_from is not None and alarm is not None:
            self.turn.revised(alarm, self.differs_from)

    def _add(self, alarm: str, at: int, what: str, *, level: str, value: float | None, comment: str) -> None:
        row, open_alarm = self.rows.get(alarm), self.turn.book.open_alarm(self.key)
        if open_alarm is not None and open_alarm.id == alarm:
            self.turn.alarms[alarm] = open_alarm  # it stays as it is; those who look at it see the new line
        elif row is not None:
            self._keep(replace(row, changed_at=self.turn.now))
        self.turn.history.append(AlarmHistoryRow(alarm, self.turn.now, at, what, level, value, "system", comment))

    def _carrier(self, move: Move) -> str:
        """The alarm that takes the line of a move: that of its time, else the open one, else a record of its own."""
        begin, end = self.truth.episode(move.at if move.after else move.at - 1)
        open_alarm = self.turn.book.open_alarm(self.key)
        rows = self.rows | ({open_alarm.id: open_alarm} if open_alarm else {})
        of_its_time = [row for row in rows.values() if row.raised_at <= end and begin <= _ended(row)]
        found = max(of_its_time, key=lambda row: row.raised_at, default=open_alarm)
        if found is None or found.id.endswith(RECORD):
            return self._record(found, move, began=begin)
        return found.id

    def _record(self, known: AlarmRow | None, move: Move, *, began: int) -> str:
        """The row of what only late data has found: never open, it tells the gravest level and when it was over."""
        level = max(move.before, move.after)
        if known is None or move.after > move.before:
            finding = self.turn.announcer.finding(self.track.rule, self.watch, level, move.figure)
            row = new_alarm(finding, observed_at=began, received_at=self.turn.now)
            known = replace(row, id=known.id if known else f"{row.id}{RECORD}")
        row = replace(known, cleared_at=None if move.after else move.at)
        self._keep(row)
        return row.id

    def _keep(self, row: AlarmRow) -> None:
        self.rows[row.id] = self.turn.alarms[row.id] = row

    def _name(self, level: int) -> str:
        return self.track.rule.kind.level(level).name if level else ""


def _said_again(notice: NoticeRow, at: int, now: int) -> NoticeRow:
    """The notice under a key of its own; its content goes on telling when it happened."""
    key = notice.key.replace(f":{at}:", f":{now}:", 1)
    return replace(notice, key=key, body=notice.body.replace(notice.key, key, 1))


def _ended(row: AlarmRow) -> float:
    """When an alarm was over; a record of which no end is known ended at once."""
    if row.state in ACTIVE:
        return math.inf
    return row.raised_at if row.cleared_at is None else row.cleared_at
