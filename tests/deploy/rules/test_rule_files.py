"""Every rule file has a green test file beside it, and no threshold of a flood can move without a case that fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloud.rules.cases import Case, Cases
from cloud.rules.load import load_rules, load_tests
from cloud.rules.rule import Rule
from cloud.rules.trial import try_case
from device_profiles.load import load_catalogue

FOLDER = Path(__file__).parents[3] / "deploy" / "rules"
RULES = load_rules(FOLDER, load_catalogue()).rules
TESTS = load_tests(FOLDER, RULES)
CASES = [pytest.param(RULES[name], case, id=f"{name}-{case.name}") for name in TESTS for case in TESTS[name].case]


def test_every_rule_has_its_tests() -> None:
    assert set(TESTS) == set(RULES)


@pytest.mark.parametrize(("rule", "case"), CASES)
def test_a_rule_raises_what_it_should(rule: Rule, case: Case) -> None:
    assert try_case(rule, case).fault == ""


@pytest.mark.parametrize("tests", TESTS.values(), ids=TESTS)
def test_a_rule_is_tried_on_what_it_must_raise_and_on_what_it_must_not(tests: Cases) -> None:
    assert any(case.expect for case in tests.case)
    assert any(not case.expect for case in tests.case)


def test_the_readme_names_every_rule() -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert not [name for name in RULES if f"`{name}`" not in text]
