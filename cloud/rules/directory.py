"""Finds the rules that may look at a device without asking each of them: by the narrowest thing that they name."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from cloud.rules.rule import Rule
from cloud.rules.watch import Watch, selects

Entry = tuple[str, str, str]  # profile, what is named ("" = nothing), and its name


class Directory:
    """Rules by what their selectors name; ten thousand rules on single devices cost a new device nothing."""

    def __init__(self, rules: Collection[Rule]) -> None:
        self._found: dict[Entry, list[tuple[int, Rule]]] = {}
        for number, rule in enumerate(rules):
            for entry in _entries(rule):
                self._found.setdefault(entry, []).append((number, rule))

    def rules_of(self, watch: Watch, areas: Collection[str]) -> list[Rule]:
        """The rules that look at a device, in their order; `areas` are its site's."""
        profile = watch.profile
        entries = (
            (profile, "device", watch.device),
            (profile, "gateway", watch.gateway),
            (profile, "site", watch.site),
            (profile, "", ""),
        )
        found = [each for entry in entries for each in self._found.get(entry, ())]
        found.sort(key=lambda each: each[0])
        return [rule for _, rule in found if selects(rule.selector, watch, areas)]


def _entries(rule: Rule) -> Iterator[Entry]:
    selector = rule.selector
    for what, names in (("device", selector.devices), ("gateway", selector.gateways), ("site", selector.sites)):
        if names:
            yield from ((selector.profile, what, name) for name in dict.fromkeys(names))
            return
    yield selector.profile, "", ""
