"""A rule as it is rehearsed: it tells one channel, and alone it hears nothing of other rules."""

from __future__ import annotations

from cloud.rules.rule import Rule

CHANNEL = "rehearsal"


def as_rehearsed(rule: Rule, *, alone: bool = True) -> Rule:
    """The rule with one channel, so that each notice counts once; alone it hears nothing of other rules."""
    notice = rule.notice.model_copy(update={"channels": (), "teams": ()})
    apart = {"unless": (), "folds": ()} if alone else {}
    alike = rule.model_copy(update={"notice": notice, "index": "", **apart})
    places = [as_rehearsed(each, alone=alone) for each in rule.places if each is not rule]
    return alike.at_places(places, {}) if places else alike
