"""Proves a draft of a rule: its text, its tests and its version, with every fault at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

from cloud.rules.cases import Cases
from cloud.rules.links import check_links
from cloud.rules.load import TESTS, Known, parse_rule, parse_tests
from cloud.rules.rule import Rule
from cloud.rules.rule_set import RuleSetError
from cloud.rules.trial import Outcome, try_rule
from device_profiles.explain import Fault

MAX_STEPS = 50_000  # readings and half minutes of waiting in all cases together: about five seconds
NO_CASES = "has no cases"
_ID = re.compile(r"^id[ \t]*=[ \t]*[\"']([a-z0-9_]{1,64})[\"']", re.MULTILINE)
_VERSION = re.compile(r"^(version[ \t]*=[ \t]*)([0-9_]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Sheet:
    """The text of a rule's file and of its test file ("" = none), exactly as they are written."""

    text: str
    tests: str = ""

    @property
    def etag(self) -> str:
        """Changes whenever one of the two does."""
        return sha256(f"{self.text}\0{self.tests}".encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Draft:
    """A rule as somebody wants it."""

    rule: str
    sheet: Sheet


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a draft is: the rule when its text is one, what became of its cases, and everything that is wrong."""

    rule: Rule | None = None
    cases: Cases | None = None
    outcomes: tuple[Outcome, ...] = ()
    faults: tuple[Fault, ...] = ()

    @property
    def tests(self) -> Literal["green", "red", "none"]:
        """How the cases stand."""
        if self.cases is None and not any(TESTS in fault.file and fault.reason != NO_CASES for fault in self.faults):
            return "none"
        return "green" if self.outcomes and not any(outcome.fault for outcome in self.outcomes) else "red"


def judge_draft(draft: Draft, known: Known, *, running: Mapping[str, Rule], above: int = 0) -> Verdict:
    """The verdict on a draft beside the rules that run; its version must be higher than `above`."""
    faults: list[Fault] = []
    rule, cases = _rule(draft, known, faults), _cases(draft, faults)
    if rule is not None and rule.version <= above:
        hint = f"write version = {above + 1}"
        faults.append(Fault(f"{draft.rule}.toml", "version", f"{rule.version} is not above {above}", hint))
    if rule is not None:
        together = {**running, rule.id: rule}
        faults.extend(check_links(together, {name: f"{name}.toml" for name in together}))
    outcomes = tuple(try_rule(rule, cases, running)) if rule is not None and cases is not None else ()
    faults.extend(failures(draft.rule, outcomes))
    return Verdict(rule, cases, outcomes, tuple(faults))


def failures(rule: str, outcomes: tuple[Outcome, ...]) -> Iterator[Fault]:
    """The cases that did not come out as they say."""
    for outcome in outcomes:
        if outcome.fault:
            yield Fault(f"{rule}{TESTS}", f"case[{outcome.case}].expect", outcome.fault)


def id_in(text: str) -> str:
    """The id that a rule's text gives itself; "rule" when it gives none."""
    found = _ID.search(text)
    return found[1] if found else "rule"


def version_in(text: str) -> int:
    """The version that a rule's text gives itself; 0 when it gives none."""
    found = _VERSION.search(text)
    return int(found[2][:18].replace("_", "") or 0) if found else 0


def with_version(text: str, version: int) -> str:
    """A rule's text with another version, and nothing else changed."""
    return _VERSION.sub(lambda found: f"{found[1]}{version}", text, count=1)


def _rule(draft: Draft, known: Known, faults: list[Fault]) -> Rule | None:
    try:
        return parse_rule(draft.sheet.text, known, called=draft.rule)
    except RuleSetError as error:
        faults.extend(error.faults)
        return None


def _cases(draft: Draft, faults: list[Fault]) -> Cases | None:
    if not draft.sheet.tests.strip():
        hint = "two cases at least: one that raises and one that does not"
        faults.append(Fault(f"{draft.rule}{TESTS}", "", NO_CASES, hint))
        return None
    try:
        cases = parse_tests(draft.sheet.tests, called=draft.rule)
    except RuleSetError as error:
        faults.extend(error.faults)
        return None
    steps = sum(case.steps for case in cases.case)
    if steps > MAX_STEPS:
        reason = f"its cases take {steps} readings and half minutes; at most {MAX_STEPS} are tried here"
        faults.append(Fault(f"{draft.rule}{TESTS}", "", reason, "shorten `until`, or make `every` longer"))
        return None
    return cases
