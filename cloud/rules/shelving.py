"""Puts alarms on the shelf and takes them from it: no notices meanwhile, and one when the problem has outlasted it."""

from __future__ import annotations

from cloud.alarms.lifecycle import AlarmError, AlarmState
from cloud.alarms.shelf import LONGEST_MS, Shelf
from cloud.rules.desk import Act, Remark
from cloud.rules.gateways import GATEWAY_AWAY
from cloud.rules.platform import PLATFORM_RULES
from cloud.rules.roster import Roster
from cloud.rules.rule import Rule
from cloud.rules.turn import Turn
from cloud.rules.watch import Track
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
        turn.shelved.append(turn.shelves.put(shelf))
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
    for shelf in turn.shelves.ended(turn.now):
        _end(turn, shelf, Remark("system", EXPIRED), roster=roster)


def _end(turn: Turn, shelf: Shelf, remark: Remark, *, roster: Roster) -> None:
    """Takes it back; when the problem lasts and nobody has acknowledged it, people are told again."""
    turn.shelved.append(turn.shelves.take(shelf))
    alarm = turn.book.open_alarm(shelf.key)
    identifier, level = (alarm.id, alarm.level) if alarm else (shelf.alarm, "")
    turn.history.append(
        AlarmHistoryRow(identifier, turn.now, turn.now, "unshelved", level, None, remark.actor, remark.comment)
    )
    rule = _rule_of(shelf, roster)
    if alarm is not None and rule is not None and alarm.state == AlarmState.UNACKED:
        turn.tell(Track.of(rule, None), alarm, "raised", observed_at=turn.now)


def _shelf_of(turn: Turn, alarm_id: str) -> Shelf:
    """The shelf that an alarm is on; AlarmError when it is on none."""
    alarm = turn.book.by_id(alarm_id)
    shelf = turn.shelves.of((alarm.rule, alarm.gateway, alarm.device)) if alarm else None
    shelf = shelf or next((each for each in turn.shelves.all() if each.alarm == alarm_id), None)
    if shelf is None:
        raise AlarmError(f"alarm {alarm_id} is not shelved")
    return shelf


def _rule_of(shelf: Shelf, roster: Roster) -> Rule | None:
    watch = roster.get(shelf.gateway, shelf.device)
    rules = [track.rule for track in watch.tracks] if watch else [GATEWAY_AWAY, *PLATFORM_RULES.values()]
    return next((rule for rule in rules if rule.id == shelf.rule), None)
