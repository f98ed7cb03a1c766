"""Puts alarms on the shelf and takes them from it: no notices meanwhile, and one when the problem has outlasted it."""

from __future__ import annotations

from cloud.alarms.book import key_of
from cloud.alarms.lifecycle import AlarmError
from cloud.alarms.shelf import LONGEST_MS, Shelf
from cloud.rules.desk import Act, Remark
from cloud.rules.retell import retell
from cloud.rules.roster import Roster
from cloud.rules.turn import Turn
from cloud.store.base import AlarmHistoryRow

EXPIRED = "its time was over"


def shelve(alarm_id: str, remark: Remark, *, until: int) -> Act:
    """No notices of this problem until then; AlarmError when it is not open or the time makes no sense."""

    def act(turn: Turn, roster: Roster) -> None:
        del roster
        alarm = turn.book.by_id(alarm_id)
        if alarm is None:
            raise AlarmError(f"no open alarm {alarm_id}")
        if not turn.now < until <= turn.now + LONGEST_MS:
            raise AlarmError("an alarm is shelved for up to seven days")
        shelf = Shelf(
            alarm.rule, alarm.gateway, alarm.device, alarm.id, turn.now, until, remark.actor, reason=remark.comment
        )
        turn.rows.append(turn.mutes.shelves.put(shelf))
        turn.history.append(
            AlarmHistoryRow(alarm.id, turn.now, until, "shelved", alarm.level, None, remark.actor, remark.comment)
        )

    return act


def unshelve(alarm_id: str, remark: Remark) -> Act:
    """Takes its problem from the shelf; AlarmError when it is on none."""

    def act(turn: Turn, roster: Roster) -> None:
        _end(turn, _shelf_of(turn, alarm_id), remark, roster=roster)

    return act


def end_shelves(turn: Turn, roster: Roster) -> None:
    """Takes back what has been shelved for long enough."""
    for shelf in turn.mutes.shelves.ended(turn.now):
        _end(turn, shelf, Remark("system", EXPIRED), roster=roster)


def _end(turn: Turn, shelf: Shelf, remark: Remark, *, roster: Roster) -> None:
    """Takes it back; when the problem lasts and nobody has acknowledged it, people are told again."""
    turn.rows.append(turn.mutes.shelves.take(shelf))
    alarm = turn.book.open_alarm(shelf.key)
    identifier, level = (alarm.id, alarm.level) if alarm else (shelf.alarm, "")
    turn.history.append(
        AlarmHistoryRow(identifier, turn.now, turn.now, "unshelved", level, None, remark.actor, remark.comment)
    )
    if alarm is not None:
        retell(turn, roster, alarm)


def _shelf_of(turn: Turn, alarm_id: str) -> Shelf:
    """The shelf that an alarm is on; AlarmError when it is on none."""
    alarm = turn.book.by_id(alarm_id)
    shelf = turn.mutes.shelves.of(key_of(alarm)) if alarm else None
    shelf = shelf or next((each for each in turn.mutes.shelves.all() if each.alarm == alarm_id), None)
    if shelf is None:
        raise AlarmError(f"alarm {alarm_id} is not shelved")
    return shelf
