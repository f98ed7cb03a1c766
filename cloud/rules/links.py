"""Checks how rules refer to one another: every name is a rule, and nothing waits for itself."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from cloud.rules.kinds.combination import Combination
from cloud.rules.retell import BUILT_IN
from cloud.rules.rule import Rule
from device_profiles.explain import Fault, did_you_mean


@dataclass(frozen=True, slots=True)
class Reference:
    """One rule names another one in its file."""

    key: str
    name: str


def check_links(rules: Mapping[str, Rule], files: Mapping[str, str]) -> Iterator[Fault]:
    """Names that no rule has, and rules that go round in a circle; `files` holds the file of each rule."""
    known = rules.keys() | BUILT_IN.keys()
    for rule in rules.values():
        for reference in references(rule):
            file = files.get(rule.id, rule.id)
            if reference.name not in known:
                hint = did_you_mean(reference.name, sorted(known))
                yield Fault(file, reference.key, f"{reference.name!r} is no rule", hint)
            elif reference.key == "kind.alarms":
                yield from _check_levels(rule, rules.get(reference.name), file)
    yield from _check_circles({rule.id: _listened(rule) for rule in rules.values()}, files, "kind.alarms", "listens to")
    yield from _check_circles(_quiet_for(rules), files, "folds", "is quiet for")


def references(rule: Rule) -> Iterator[Reference]:
    """The other rules that a rule names."""
    for name in rule.unless:
        yield Reference("unless", name)
    for name in rule.folds:
        yield Reference("folds", name)
    for name in _listened(rule):
        yield Reference("kind.alarms", name)


def _listened(rule: Rule) -> list[str]:
    return [each.rule for each in rule.kind.alarms] if isinstance(rule.kind, Combination) else []


def _quiet_for(rules: Mapping[str, Rule]) -> dict[str, list[str]]:
    """Which rules each one is quiet for: those that it names itself, and those that fold it."""
    quiet = {rule.id: list(rule.unless) for rule in rules.values()}
    for rule in rules.values():
        for name in rule.folds:
            quiet.setdefault(name, []).append(rule.id)
    return quiet


def _check_levels(rule: Rule, other: Rule | None, file: str) -> Iterator[Fault]:
    """A combination may count certain levels of the other rule: they must be there."""
    if not isinstance(rule.kind, Combination) or other is None:
        return
    known = [level.name for level in other.kind.levels]
    for each in rule.kind.alarms:
        for name in each.levels if each.rule == other.id else ():
            if name not in known:
                yield Fault(file, "kind.alarms", f"{other.id} has no level {name!r}", did_you_mean(name, known))


def _check_circles(
    edges: Mapping[str, Collection[str]], files: Mapping[str, str], key: str, verb: str
) -> Iterator[Fault]:
    """One circle at a time, with the names of all that are in it."""
    try:
        TopologicalSorter(edges).prepare()
    except CycleError as error:
        circle = list(reversed(error.args[1]))
        yield Fault(files.get(circle[0], circle[0]), key, f" {verb} ".join(circle), "a rule must not wait for itself")
