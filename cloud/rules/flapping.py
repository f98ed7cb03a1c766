"""Problems that flapped and are calm again: from now on people are told of them as of any other."""

from __future__ import annotations

from cloud.alarms.flap import Flap, steady
from cloud.alarms.lifecycle import LATCHED, AlarmState
from cloud.rules.retell import retell, rule_of
from cloud.rules.roster import Roster
from cloud.rules.turn import Turn
from cloud.rules.watch import Track


def end_flaps(turn: Turn, roster: Roster) -> None:
    """Ends what has been calm for long enough, and says how it stands when that was kept from people."""
    flaps = turn.mutes.flaps
    for flap in flaps.over(turn.now):
        turn.rows.append(flaps.take(flap))
        if flap.since:
            _calm(turn, flap, roster)


def _calm(turn: Turn, flap: Flap, roster: Roster) -> None:
    alarm = turn.book.open_alarm(flap.key) or flap.alarm
    if alarm is None:
        return
    turn.history.append(steady(flap, alarm, turn.mutes.flaps.limits_of(flap.rule), now=turn.now))
    rule = rule_of(flap.key, roster)
    if rule is None or not flap.told or not flap.muted:
        return
    if alarm.state == AlarmState.UNACKED:
        retell(turn, roster, alarm)
    elif rule.notice.cleared and alarm.state not in (AlarmState.ACKED, *LATCHED):
        turn.tell(Track.of(rule, None), alarm, "cleared", observed_at=turn.now)
