"""Moves a rule along the readings of a device and tells the book of alarms what that means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from cloud.alarms.book import alarm_id, new_alarm
from cloud.alarms.lifecycle import AlarmState, Trigger
from cloud.indices.flood_level import derive
from cloud.rules.course import Course, Move, advance, good_readings
from cloud.rules.groups import Figure
from cloud.rules.kinds.threshold import Threshold
from cloud.rules.ladder import IDLE
from cloud.rules.turn import Turn
from cloud.rules.watch import Track, Watch
from cloud.store.base import AlarmHistoryRow, AlarmRow, Columns

Readings = Sequence[tuple[int, float]]
LATE = "from late data; nobody was told"


def follow_readings(track: Track, watch: Watch, block: Columns, *, late: Readings, live: Readings, turn: Turn) -> None:
    """Readings of a device's point: what came late, and what is newer than all before."""
    if late:
        follow_late(track, watch, late, turn)
    if live:
        follow_live(track, watch, live, turn)
    if track.rule.index and isinstance(track.rule.kind, Threshold):
        standing, columns = derive(block, track.rule.kind.ladder, track.course.index, late=late, live=live)
        turn.follow(track, watch, replace(track.course, index=standing))
        if columns.times:
            turn.derived.append(columns)


def follow_live(track: Track, watch: Watch, readings: Readings, turn: Turn) -> None:
    """Readings newer than all before: they make and end alarms."""
    standing, moves = advance(track.rule.kind, track.course.live, readings)
    course = track.course if standing is track.course.live else replace(track.course, live=standing)
    for move in moves:
        course = apply_move(track, watch, course, move=move, turn=turn)
    if course.owed and standing.level and readings:
        course = _pay(track, watch, course, at=readings[-1][0], turn=turn)
    turn.follow(track, watch, course)


def follow_figure(track: Track, watch: Watch, figure: Figure, turn: Turn) -> None:
    """The figure of a group at a time, or that its time has passed and nothing can be said."""
    at, value = figure
    if value is not None:
        follow_live(track, watch, [(at, value)], turn)
    turn.follow(track, watch, replace(track.course, at=at))


def follow_hold(track: Track, watch: Watch, *, until: int, turn: Turn) -> None:
    """The device was read up to a time and had nothing new to say: what is reached may have held long enough."""
    kind, course = track.rule.kind, track.course
    if not isinstance(kind, Threshold) or not course.live.memory:
        return
    remembered, figure = course.live.memory[-1]
    point = track.rule.selector.point
    if max(watch.seen.get(point, 0), watch.doubted.get(point, 0)) > remembered:
        return  # what came last is not good: it neither raises nor clears
    standing = kind.wait(course.live, until)
    if standing is course.live:
        return
    before, after = course.live.level, standing.level
    move = Move(max(standing.since[after - 1] + kind.ladder.hold_ms, remembered), before, after, figure)
    turn.follow(track, watch, apply_move(track, watch, replace(course, live=standing), move=move, turn=turn))


def follow_late(track: Track, watch: Watch, readings: Readings, turn: Turn) -> None:
    """Readings behind newer ones: they follow a standing of their own and leave records, but page nobody."""
    course = track.course
    if readings[0][0] <= course.late_at:  # older still: another stretch of the past
        course = replace(course, late=IDLE, missed="")
    standing, moves = advance(track.rule.kind, course.late, readings)
    course = replace(course, late=standing, late_at=readings[-1][0])
    for move in moves:
        course = _record(track, watch, course, move=move, turn=turn)
    turn.follow(track, watch, course)


def apply_move(track: Track, watch: Watch, course: Course, *, move: Move, turn: Turn) -> Course:
    """Raises, escalates, eases or clears the alarm of a rule and device; says what has become of its course."""
    if move.after == 0:
        return _clear(track, watch, course, move=move, turn=turn)
    finding = turn.announcer.finding(track.rule, watch, move.after, move.figure)
    change = turn.book.find(_trigger(move), finding, observed_at=move.at, received_at=turn.now)
    turn.keep(change)
    if move.after < move.before:
        return course
    if turn.fresh(move.at):
        turn.tell(track, change.alarm, "raised", observed_at=move.at)
        return replace(course, owed=False)
    return replace(course, owed=True)


def indices_of(watch: Watch, block: Columns) -> Iterator[Columns]:
    """The indices of readings that a device's rules have seen before, worked out as those of late ones."""
    for point in block.points:
        for track in watch.points.get(point, ()):
            if track.rule.index and isinstance(track.rule.kind, Threshold):
                late = good_readings(block, point)
                _, columns = derive(block, track.rule.kind.ladder, IDLE, late=late, live=())
                if columns.times:
                    yield columns


def _trigger(move: Move) -> Trigger:
    if move.before == 0:
        return Trigger.RAISE
    return Trigger.ESCALATE if move.after > move.before else Trigger.EASE


def _clear(track: Track, watch: Watch, course: Course, *, move: Move, turn: Turn) -> Course:
    key = (track.rule.id, watch.gateway, watch.device)
    change = turn.book.clear(key, move.figure, observed_at=move.at, received_at=turn.now)
    turn.keep(change)
    if track.rule.notice.cleared and not course.owed and turn.fresh(move.at):
        turn.tell(track, change.alarm, "cleared", observed_at=move.at)
    return replace(course, owed=False, covered=(change.alarm.raised_at, move.at))


def _pay(track: Track, watch: Watch, course: Course, *, at: int, turn: Turn) -> Course:
    """Old news raised the alarm and fresh readings confirm it: now people must be told, unless somebody has seen it."""
    if not turn.fresh(at):
        return course
    alarm = turn.book.open_alarm((track.rule.id, watch.gateway, watch.device))
    if alarm is not None and alarm.state == AlarmState.UNACKED:
        turn.tell(track, alarm, "raised", observed_at=at)
    return replace(course, owed=False)


def _record(track: Track, watch: Watch, course: Course, *, move: Move, turn: Turn) -> Course:
    """Takes down an alarm that would have been raised, had the readings come in time."""
    if move.after == 0:
        return replace(course, missed="")
    key = (track.rule.id, watch.gateway, watch.device)
    alarm = turn.book.open_alarm(key)
    if move.after < move.before or _is_known(alarm, course, move.at):
        return course
    finding = turn.announcer.finding(track.rule, watch, move.after, move.figure)
    if alarm is None:
        missed = course.missed or f"{alarm_id(key, move.at)}m"
        began = int(missed[:12], 16)
        row = replace(new_alarm(finding, observed_at=began, received_at=turn.now), id=missed)
        turn.alarms[missed] = row
    else:
        missed = alarm.id
    turn.history.append(
        AlarmHistoryRow(missed, turn.now, move.at, "missed", finding.level, move.figure, "system", LATE)
    )
    return course if alarm else replace(course, missed=missed)


def _is_known(alarm: AlarmRow | None, course: Course, at: int) -> bool:
    """True when an alarm was, or is, already raised at that time."""
    if course.covered[0] <= at <= course.covered[1]:
        return True
    return alarm is not None and alarm.raised_at <= at and (alarm.cleared_at is None or at <= alarm.cleared_at)
