"""Which device model each rule looks at, so that its alarms find their sector; pure."""

from __future__ import annotations

from collections.abc import Mapping

from cloud.rules.kinds.combination import Combination
from cloud.rules.rule import Rule


def profiles_of_rules(rules: Mapping[str, Rule]) -> dict[str, str]:
    """What each rule looks at; a combination looks at what the first rule that it listens to does."""
    return {name: _profile_of(rule, rules) for name, rule in rules.items()}


def _profile_of(rule: Rule, rules: Mapping[str, Rule]) -> str:
    seen: set[str] = set()
    while isinstance(rule.kind, Combination) and rule.id not in seen:
        seen.add(rule.id)
        first = rules.get(rule.kind.alarms[0].rule)
        if first is None:
            return ""
        rule = first
    return rule.selector.profile
