"""What people do about alarms: each action is made first, and then done to a turn of the judge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cloud.rules.roster import Roster
from cloud.rules.turn import Turn
from cloud.store.base import AlarmHistoryRow

Act = Callable[[Turn, Roster], None]  # AlarmError when it cannot be done; then nothing is kept


@dataclass(frozen=True, slots=True)
class Remark:
    """Who wants it, and why."""

    actor: str
    comment: str


def acknowledge(alarm_id: str, remark: Remark) -> Act:
    """Somebody has seen the alarm; AlarmError when it is not open or already acknowledged."""

    def act(turn: Turn, roster: Roster) -> None:
        del roster
        turn.keep(turn.book.acknowledge(alarm_id, actor=remark.actor, comment=remark.comment, now=turn.now))

    return act


def comment(alarm_id: str, remark: Remark) -> Act:
    """Somebody remarks on the alarm, open or closed."""

    def act(turn: Turn, roster: Roster) -> None:
        del roster
        row = turn.book.by_id(alarm_id)
        level = row.level if row else ""
        turn.history.append(
            AlarmHistoryRow(alarm_id, turn.now, turn.now, "commented", level, None, remark.actor, remark.comment)
        )

    return act
