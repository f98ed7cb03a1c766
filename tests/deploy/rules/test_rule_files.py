"""Every rule file has a green test file beside it, is told in both languages, and stands in the README as it is."""

from __future__ import annotations

import re
import unicodedata

import pytest

from cloud.rules.cases import Case, Cases
from cloud.rules.naming import unclear_names
from cloud.rules.rule import Rule
from cloud.rules.sentences import FIGURES, sentences
from cloud.rules.trial import try_case
from tests.deploy.rules.province import RULES, TESTS
from tests.deploy.rules.table import README, SECTORS, sector_of, with_table

CASES = [pytest.param(RULES[name], case, id=f"{name}-{case.name}") for name in TESTS for case in TESTS[name].case]
EACH = pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
OFFICIAL = re.compile(r"cấp độ rủi ro|disaster risk level|cảnh báo thiên tai", re.IGNORECASE)  # only KTTV may say this


def test_every_rule_has_its_tests() -> None:
    assert set(TESTS) == set(RULES)


@pytest.mark.parametrize(("rule", "case"), CASES)
def test_a_rule_raises_what_it_should(rule: Rule, case: Case) -> None:
    assert try_case(rule, case, RULES).fault == ""


@pytest.mark.parametrize("tests", TESTS.values(), ids=TESTS)
def test_a_rule_is_tried_on_what_it_must_raise_and_on_what_it_must_not(tests: Cases) -> None:
    assert any(case.expect for case in tests.case)
    assert any(not case.expect for case in tests.case)


def test_the_readme_has_the_table_of_rules_as_they_are() -> None:
    text = README.read_text(encoding="utf-8")
    assert text == with_table(text), "renew it with: python -m tests.deploy.rules.table"


def test_the_province_has_rules_for_its_sectors() -> None:
    assert len(RULES) >= 60
    without = {sector.value for sector in set(SECTORS) - {sector_of(rule) for rule in RULES.values()}}
    assert without <= {"labour"}, "labour has figures for trends only, nothing to wake anybody for"


@EACH
def test_a_rule_is_explained_with_each_of_its_levels_in_words(rule: Rule) -> None:
    words = sentences(rule)
    for level in rule.kind.levels:
        assert f"Mức {level.words.vi} (" in words.vi
        assert f"Level {level.words.en} (" in words.en
    assert rule.kind.kind in FIGURES, "say in words what this kind looks at"


@EACH
def test_the_levels_of_a_rule_can_be_read_in_both_languages(rule: Rule) -> None:
    assert not list(unclear_names([rule]))
    for level in rule.kind.levels:
        assert level.words.en.isascii() or "°C" in level.words.en


@EACH
def test_a_rule_speaks_vietnamese_with_diacritics_and_never_as_the_forecast_agency(rule: Rule) -> None:
    for text in (rule.text.vi, rule.instruction.vi):
        assert not text.isascii()
        assert text == unicodedata.normalize("NFC", text)
    for text in (rule.text.vi, rule.text.en, rule.instruction.vi, rule.instruction.en):
        assert not OFFICIAL.search(text)


@EACH
def test_numbers_that_nobody_has_confirmed_say_where_they_come_from(rule: Rule) -> None:
    assert len(rule.source) >= 14
    if rule.confirmed:
        assert re.search(r"QĐ|QCVN|TT ", rule.source), "a law or a standard stands behind what is confirmed"
