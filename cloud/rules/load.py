"""Reads a folder of rule files and of their tests: all or none, every fault named at once. The only reader of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from cloud.rules.cases import Cases
from cloud.rules.rule import Rule
from cloud.rules.rule_set import RuleSet, RuleSetError, check_rule, rule_set
from device_profiles.explain import Fault, did_you_mean
from device_profiles.load import Catalogue, FileFaultsError, read_toml

MAX_RULES = 10_000
MAX_FILE_BYTES = 64 * 1024
TESTS = ".test.toml"  # what the name of a rule's test file ends with


def load_rules(
    folder: Path, catalogue: Catalogue, *, channels: Collection[str] = (), teams: Collection[str] = ()
) -> RuleSet:
    """Every rule file of the folder, checked against the catalogue; RuleSetError holds all faults at once."""
    files = sorted(path for path in folder.glob("*.toml") if not path.name.endswith(TESTS))
    if len(files) > MAX_RULES:
        raise RuleSetError([Fault(str(folder), "", f"holds {len(files)} rules; at most {MAX_RULES} are allowed")])
    faults: list[Fault] = []
    rules = dict(_read(files, faults))
    for file, rule in rules.items():
        if rule.id != file.stem:
            faults.append(Fault(str(file), "id", f"{rule.id!r} is not the name of the file"))
        faults.extend(check_rule(rule, catalogue.profiles, channels=channels, teams=teams, file=str(file)))
    if faults:
        raise RuleSetError(faults)
    return rule_set(rules.values())


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


def _read(files: Collection[Path], faults: list[Fault]) -> Iterator[tuple[Path, Rule]]:
    for file in files:
        if file.stat().st_size > MAX_FILE_BYTES:
            faults.append(Fault(str(file), "", f"is larger than {MAX_FILE_BYTES} bytes"))
            continue
        try:
            yield file, read_toml(file, Rule)
        except FileFaultsError as error:
            faults.extend(error.faults)
