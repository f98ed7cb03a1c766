"""Moves a rule along the readings of a device and tells the book of alarms what that means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from cloud.alarms.lifecycle import AlarmState, Trigger
from cloud.indices.flood_level import derive
from cloud.rules.course import Course, Move, advance, good_readings, is_idle
from cloud.rules.groups import Figure, instant_of
from cloud.rules.kinds.threshold import Threshold
from cloud.rules.ladder import IDLE
from cloud.rules.review_marks import matters_since
from cloud.rules.turn import Turn
from cloud.rules.watch import Track, Watch
from cloud.store.base import Columns

Readings = Sequence[tuple[int, float]]


def follow_readings(track: Track, watch: Watch, block: Columns, *, late: Readings, live: Readings, turn: Turn) -> None:
    """Readings of a device's point: what is newer than all before is judged, what came late is marked for a review."""
    if late:
        mark_late(track, watch, late, turn)
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
    if is_idle(standing) and _stirs(track, readings):
        course = replace(course, stirred=readings[-1][0])
    for move in moves:
        course = apply_move(track, watch, course, move=move, turn=turn)
    if course.owed and standing.level and readings:
        course = _pay(track, watch, course, at=readings[-1][0], turn=turn)
    turn.follow(track, watch, course)


def follow_figure(track: Track, watch: Watch, figure: Figure, turn: Turn) -> None:
    """The figure of a group at a time, or that its time has passed and nothing can be said."""
    at, value = figure
    moved, level = track.course.moved, track.course.live.level
    if value is not None:
        at = instant_of(track.rule.kind, track.course.live, at, value, moved=moved)
        follow_live(track, watch, [(at, value)], turn)
    moved = at if track.course.live.level != level else moved
    turn.follow(track, watch, replace(track.course, at=at, moved=moved))


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


def mark_late(track: Track, watch: Watch, readings: Readings, turn: Turn) -> None:
    """Readings behind newer ones: where they can matter, the rule looks at the past again (review.py)."""
    key = track.rule.id, watch.gateway, watch.device
    since = readings[0][0] if turn.marks.get(key) else matters_since(track, readings)  # it may be looked at just now
    if since is not None:
        turn.mark(key, since=since)


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


def _stirs(track: Track, readings: Readings) -> bool:
    """True when the rule was not idle before readings that leave it idle, or not through all of them."""
    floor, ceiling = track.rule.kind.band
    return not track.course.idle or any(not floor < value < ceiling for _, value in readings)


def _clear(track: Track, watch: Watch, course: Course, *, move: Move, turn: Turn) -> Course:
    key = (track.rule.id, watch.gateway, watch.device)
    change = turn.book.clear(key, move.figure, observed_at=move.at, received_at=turn.now)
    turn.keep(change)
    if track.rule.notice.cleared and not course.owed and turn.fresh(move.at):
        turn.tell(track, change.alarm, "cleared", observed_at=move.at)
    return replace(course, owed=False)


def _pay(track: Track, watch: Watch, course: Course, *, at: int, turn: Turn) -> Course:
    """Old news raised the alarm and fresh readings confirm it: now people must be told, unless somebody has seen it."""
    if not turn.fresh(at):
        return course
    alarm = turn.book.open_alarm((track.rule.id, watch.gateway, watch.device))
    if alarm is not None and alarm.state == AlarmState.UNACKED:
        turn.tell(track, alarm, "raised", observed_at=at)
    return replace(course, owed=False)
