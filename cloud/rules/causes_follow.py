"""Tells people of what has outlasted its cause."""

from __future__ import annotations

from cloud.alarms.book import key_of
from cloud.alarms.lifecycle import AlarmState
from cloud.rules.retell import retell
from cloud.rules.roster import Roster
from cloud.rules.turn import Turn
from cloud.store.base import AlarmHistoryRow, AlarmRow, RuleStateRow

SETTLE_MS = 60_000  # when a cause ends, what it made needs a moment to end, too
OVER = "its cause is over"


def follow_causes(turn: Turn, roster: Roster) -> None:
    """Looks at every alarm that nobody was told of: once its cause has been over for a while, people are told."""
    for key, withheld in turn.causes.withheld():
        alarm = turn.book.open_alarm(key)
        if alarm is None or alarm.state != AlarmState.UNACKED:
            _keep(turn, *turn.causes.forget(key))
        elif turn.causes.of(key, alarm.site, now=turn.now) is not None:
            if withheld.ended:
                _keep(turn, turn.causes.ended(key, 0))
        elif not withheld.ended:
            _keep(turn, turn.causes.ended(key, turn.now))
        elif turn.now - withheld.ended >= SETTLE_MS:
            _tell(turn, roster, alarm)


def _tell(turn: Turn, roster: Roster, alarm: AlarmRow) -> None:
    line = AlarmHistoryRow(alarm.id, turn.now, turn.now, "unsuppressed", alarm.level, None, "system", OVER)
    turn.history.append(line)
    _keep(turn, *turn.causes.forget(key_of(alarm)))
    retell(turn, roster, alarm)


def _keep(turn: Turn, *rows: RuleStateRow) -> None:
    turn.kept.update({(row.rule, row.gateway, row.device): row for row in rows})
