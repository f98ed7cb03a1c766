"""Every rule file has a green test file beside it, and no threshold of a flood can move without a case that fails."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud.rules.cases import Case, Cases
from cloud.rules.load import load_rules, load_tests
from cloud.rules.rule import Rule
from cloud.rules.sentences import FIGURES, sentences
from cloud.rules.trial import told_by, try_case
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


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_rule_is_explained_with_each_of_its_levels_in_words(rule: Rule) -> None:
    words = sentences(rule)
    for level in rule.kind.levels:
        assert f"Mức {level.name} (" in words.vi
        assert f"Level {level.name} (" in words.en
    assert rule.kind.kind in FIGURES, "say in words what this kind looks at"


# --- mutations ------------------------------------------------------------------------------------------------------

STEPS = {"flood_thao_yen_bai": 0.01, "river_rise_rate": 0.01}  # m, m/h: what such a gauge can tell apart
TIMES = {"river_rise_rate": ("hold_s", "min_span_s")}


def _mutants() -> Iterator[object]:
    """The flood rules with one threshold moved by one step, up or down, or one time by a minute."""
    for name, step in STEPS.items():
        kind = RULES[name].kind.model_dump()
        for number, level in enumerate(kind["levels"]):
            moved = [key for key in ("above", "below", "clear") if level[key] is not None]
            for key, change in ((key, change) for key in moved for change in (step, -step)):
                levels = [dict(each) for each in kind["levels"]]
                levels[number][key] = round(levels[number][key] + change, 6)
                yield pytest.param(name, {**kind, "levels": levels}, id=f"{name}-{level['name']}-{key}{change:+}")
        for key, change in ((key, change) for key in TIMES.get(name, ()) for change in (60, -60)):
            yield pytest.param(name, {**kind, key: kind[key] + change}, id=f"{name}-{key}{change:+}")


@pytest.mark.parametrize(("name", "kind"), list(_mutants()))
def test_no_threshold_of_a_flood_moves_unseen(name: str, kind: dict[str, object]) -> None:
    mutant = Rule.model_validate({**RULES[name].model_dump(), "kind": kind})
    cases = sorted(TESTS[name].case, key=lambda case: bool(case.source))  # the long ones last
    assert any(told_by(mutant, case) != case.expect for case in cases), "every case still passes"
