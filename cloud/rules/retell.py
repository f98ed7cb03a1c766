"""Tells people of what still lasts, when what kept it from them is over."""

from __future__ import annotations

from cloud.alarms.book import Key, key_of
from cloud.alarms.lifecycle import AlarmState
from cloud.rules.gateways import GATEWAY_AWAY
from cloud.rules.platform import PLATFORM_RULES
from cloud.rules.roster import Roster
from cloud.rules.rule import Rule
from cloud.rules.turn import Turn
from cloud.rules.watch import Track
from cloud.store.base import AlarmRow

BUILT_IN = {rule.id: rule for rule in (GATEWAY_AWAY, *PLATFORM_RULES.values())}


def retell(turn: Turn, roster: Roster, alarm: AlarmRow) -> None:
    """One notice when the problem lasts, nobody has acknowledged it, and nothing else keeps it from people."""
    rule = rule_of(key_of(alarm), roster)
    if rule is not None and alarm.state == AlarmState.UNACKED:
        turn.tell(Track.of(rule, None), alarm, "raised", observed_at=turn.now)


def rule_of(key: Key, roster: Roster) -> Rule | None:
    """The rule behind an alarm, from a file or the platform's own; None when it does not run."""
    identifier = key[0]
    return roster.rule(identifier) or BUILT_IN.get(identifier)
