"""More of what people do about alarms: reset one that latched, assign one, and do things to many at once."""

from __future__ import annotations

from collections.abc import Iterable

from cloud.alarms.book import key_of
from cloud.alarms.lifecycle import AlarmError
from cloud.rules.desk import Act, Remark
from cloud.rules.retell import rule_of
from cloud.rules.roster import Roster
from cloud.rules.turn import Turn
from cloud.rules.watch import Track


def reset(alarm_id: str, remark: Remark) -> Act:
    """Lets go of an alarm that latched; AlarmError unless its value has returned and somebody has acknowledged it."""

    def act(turn: Turn, roster: Roster) -> None:
        change = turn.book.reset(alarm_id, actor=remark.actor, comment=remark.comment, now=turn.now)
        turn.keep(change)
        rule = rule_of(key_of(change.alarm), roster)
        if rule is not None and rule.notice.cleared:
            turn.tell(Track.of(rule, None), change.alarm, "cleared", observed_at=turn.now)

    return act


def assign(alarm_id: str, assignee: str, remark: Remark) -> Act:
    """Makes an open alarm somebody's task; nobody's, when the name is empty. AlarmError when it is not open."""

    def act(turn: Turn, roster: Roster) -> None:
        del roster
        turn.keep(turn.book.assign(alarm_id, assignee, actor=remark.actor, comment=remark.comment, now=turn.now))

    return act


def each(deeds: Iterable[tuple[str, Act]], refusals: dict[str, str]) -> Act:
    """Does many things in one commit; what cannot be done leaves the others alone, and `refusals` says why."""

    def act(turn: Turn, roster: Roster) -> None:
        for name, deed in deeds:
            try:
                deed(turn, roster)
            except AlarmError as error:
                refusals[name] = str(error)

    return act
