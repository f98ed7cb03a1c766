"""More of what people do about alarms: reset one that latched."""

from __future__ import annotations

from cloud.alarms.book import key_of
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
