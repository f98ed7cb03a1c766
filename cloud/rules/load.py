"""Reads a folder of rule files and of their tests: all or none, every fault named at once. The only reader of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from cloud.inventory.sites import Inventory
from cloud.rules.attributes import needs_sites, placed
from cloud.rules.cases import Cases
from cloud.rules.links import check_links
from cloud.rules.rule import Rule
from cloud.rules.rule_set import RuleSet, RuleSetError, check_rule, rule_set
from device_profiles.explain import Fault, did_you_mean
from device_profiles.load import (
    Catalogue,
    FileFaultsError,
    build,
    parse_table,
    parse_toml,
    read_text,
    read_toml,
)

MAX_RULES = 10_000
MAX_FILE_BYTES = 64 * 1024
TESTS = ".test.toml"  # what the name of a rule's test file ends with


@dataclass(frozen=True, slots=True)
class Known:
    """What a rule may name."""

    catalogue: Catalogue
    channels: Collection[str] = ()
    teams: Collection[str] | None = ()
    inventory: Inventory | None = None


def load_rules(
    folder: Path,
    catalogue: Catalogue,
    *,
    channels: Collection[str] = (),
    teams: Collection[str] | None = (),
    inventory: Inventory | None = None,
) -> RuleSet:
    """Every rule file of the folder, checked against the catalogue; RuleSetError holds all faults at once."""
    files = sorted(path for path in folder.glob("*.toml") if not path.name.endswith(TESTS))
    if len(files) > MAX_RULES:
        raise RuleSetError([Fault(str(folder), "", f"holds {len(files)} rules; at most {MAX_RULES} are allowed")])
    faults: list[Fault] = []
    known = Known(catalogue, channels, teams, inventory)
    rules = dict(_read(files, known, faults))
    for file, rule in rules.items():
        faults.extend(_check(rule, known, called=file.stem, file=str(file)))
    files_of = {rule.id: str(file) for file, rule in rules.items()}
    faults.extend(check_links({rule.id: rule for rule in rules.values()}, files_of))
    if faults:
        raise RuleSetError(faults)
    return rule_set(rules.values())


def parse_rule(text: str, known: Known, *, called: str) -> Rule:
    """A rule from the text of its file; RuleSetError holds all faults at once."""
    file = f"{called}.toml"
    try:
        rule = _rule_in(_bounded(text, file), known, file=file)
    except FileFaultsError as error:
        raise RuleSetError(error.faults) from error
    faults = list(_check(rule, known, called=called, file=file))
    if faults:
        raise RuleSetError(faults)
    return rule


def parse_tests(text: str, *, called: str) -> Cases:
    """The cases from the text of a rule's test file; RuleSetError holds all faults at once."""
    file = f"{called}{TESTS}"
    try:
        return parse_toml(_bounded(text, file), Cases, file=file)
    except FileFaultsError as error:
        raise RuleSetError(error.faults) from error


def load_tests(folder: Path, rules: Collection[str]) -> dict[str, Cases]:
    """The test files of these rules, as far as there are any; RuleSetError holds all faults at once."""
    tests: dict[str, Cases] = {}
    faults: list[Fault] = []
    for file in sorted(folder.glob(f"*{TESTS}")):
        rule = file.name.removesuffix(TESTS)
        if rule not in rules:
            faults.append(Fault(str(file), "", "tests a rule that is not here", did_you_mean(rule, sorted(rules))))
            continue
        try:
            tests[rule] = read_toml(file, Cases)
        except FileFaultsError as error:
            faults.extend(error.faults)
    if faults:
        raise RuleSetError(faults)
    return tests


def _check(rule: Rule, known: Known, *, called: str, file: str) -> Iterator[Fault]:
    """Everything about a rule that does not fit its file's name or what it refers to."""
    if rule.id != called:
        yield Fault(file, "id", f"{rule.id!r} is not the name of the file")
    yield from check_rule(rule, known.catalogue.profiles, channels=known.channels, teams=known.teams, file=file)


def _bounded(text: str, file: str) -> str:
    if len(text.encode()) > MAX_FILE_BYTES:
        raise FileFaultsError([Fault(file, "", f"is larger than {MAX_FILE_BYTES} bytes")])
    return text


def _rule_in(text: str, known: Known, *, file: str) -> Rule:
    """The rule that a text states, with the numbers that the sites give it; FileFaultsError."""
    table = parse_table(text, file=file)
    if not needs_sites(table):
        return build(table, Rule, file=file)
    rule, faults = placed(table, known.inventory, lambda each: build(each, Rule, file=file), file=file)
    if rule is None:
        raise FileFaultsError(faults)
    return rule


def _read(files: Collection[Path], known: Known, faults: list[Fault]) -> Iterator[tuple[Path, Rule]]:
    for file in files:
        if file.stat().st_size > MAX_FILE_BYTES:
            faults.append(Fault(str(file), "", f"is larger than {MAX_FILE_BYTES} bytes"))
            continue
        try:
            yield file, _rule_in(read_text(file), known, file=str(file))
        except FileFaultsError as error:
            faults.extend(error.faults)
