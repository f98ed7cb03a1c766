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


def retell(turn: Turn, roster: Roster, alarm: AlarmRow) -> None:
    """One notice when the problem lasts, nobody has acknowledged it, and nothing else keeps it from people."""
    rule = rule_of(key_of(alarm), roster)
    if rule is not None and alarm.state == AlarmState.UNACKED:
        turn.tell(Track.of(rule, None), alarm, "raised", observed_at=turn.now)


def rule_of(key: Key, roster: Roster) -> Rule | None:
    """The rule behind an alarm, from a file or the platform's own; None when it does not run."""
    identifier, gateway, device = key
    watch = roster.get(gateway, device)
    rules = [track.rule for track in watch.tracks] if watch else [GATEWAY_AWAY, *PLATFORM_RULES.values()]
    return next((rule for rule in rules if rule.id == identifier), None)
