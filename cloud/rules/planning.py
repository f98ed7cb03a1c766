"""Planned work in the course of time: it begins, has alarms out of service, ends, and people are told what lasts."""

from __future__ import annotations

from cloud.alarms.book import key_of
from cloud.alarms.lifecycle import AlarmError
from cloud.alarms.planned import PlannedWork, covered, ended, out_of_service
from cloud.rules.desk import Act, Remark
from cloud.rules.retell import retell
from cloud.rules.roster import Roster
from cloud.rules.turn import Turn
from cloud.store.base import AlarmHistoryRow

OVER = "its time was over"


def plan(work: PlannedWork) -> Act:
    """Takes planned work down; when its time has come already, it begins at once."""

    def act(turn: Turn, roster: Roster) -> None:
        del roster
        if work.until <= turn.now:
            raise AlarmError("planned work ends after now")
        turn.rows.append(turn.mutes.planned.put(work))
        _begin(turn)

    return act


def end_work(identifier: str, remark: Remark) -> Act:
    """Ends planned work before its time, or takes it back before it begins; AlarmError when there is none."""

    def act(turn: Turn, roster: Roster) -> None:
        _end(turn, turn.mutes.planned.one(identifier), remark, roster=roster)

    return act


def follow_planned(turn: Turn, roster: Roster) -> None:
    """Begins and ends whatever it is time for."""
    _begin(turn)
    for work in turn.mutes.planned.ending(turn.now):
        _end(turn, work, Remark("system", OVER), roster=roster)
    turn.rows.extend(turn.mutes.planned.forget(turn.now))


def _begin(turn: Turn) -> None:
    for work in turn.mutes.planned.beginning(turn.now):
        turn.rows.append(turn.mutes.planned.begin(work))
        turn.history.extend(out_of_service(work, alarm, at=turn.now) for alarm in covered(work, turn.book))


def _end(turn: Turn, work: PlannedWork, remark: Remark, *, roster: Roster) -> None:
    """What lasts unacknowledged is told once, unless other work or a shelf still keeps it from people."""
    planned = turn.mutes.planned
    turn.rows.append(planned.put(ended(work, at=turn.now, actor=remark.actor)))
    for alarm in covered(work, turn.book) if work.began else ():
        if planned.covering(key_of(alarm), site=alarm.site, at=turn.now) is None:
            line = AlarmHistoryRow(
                alarm.id, turn.now, turn.now, "in_service", alarm.level, None, remark.actor, remark.comment
            )
            turn.history.append(line)
            retell(turn, roster, alarm)
