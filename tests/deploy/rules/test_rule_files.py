"""Every rule file has a sibling here with readings and times, and the alarms that they must make.

A case: `readings` are [minute, value] of the rule's point (or of `point`), in the order of arrival; `until` lets time
pass to that minute, for silence; `expect` are lines "minute what level". Each case also runs reading by reading with a
restart after each, which must change nothing.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import Field

from cloud.rules.load import load_rules
from cloud.rules.rule import Rule
from device_profiles.load import load_catalogue, read_toml
from device_profiles.schema import Strict
from tests.cloud.rules.builders import MINUTE, START, Kept, block

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "deploy" / "rules"
CASES = Path(__file__).parent
RULES = load_rules(FOLDER, load_catalogue()).rules


class Case(Strict):
    """One story and its alarms."""

    name: str = Field(description="What it shows.")
    site: str = Field("tram-yen-bai", description="Where the device stands.")
    point: str = Field("", description="Point of the readings; empty = the rule's.")
    readings: tuple[tuple[float, float | bool], ...] = Field(description="Minute and value.")
    until: float = Field(0, description="Minute until which time passes, for silence.")
    expect: tuple[str, ...] = Field(description="minute what level")


class Cases(Strict):
    """The cases of one rule."""

    case: tuple[Case, ...] = Field(min_length=2, description="Stories that raise, and stories that do not.")


def _cases() -> list[object]:
    return [
        pytest.param(rule, case, id=f"{name}-{case.name}")
        for name, rule in sorted(RULES.items())
        for case in read_toml(CASES / f"{name}.test.toml", Cases).case
    ]


def _told(rule: Rule, case: Case, *, restarts: bool) -> list[str]:
    kept = Kept()
    judge = kept.judge(rule)
    ends = [at for at, _ in case.readings]
    clock = START
    for number, (minute, value) in enumerate(case.readings):
        at = START + round(minute * MINUTE)
        part = block(
            [(at, value)],
            point=case.point or rule.selector.point or "level_m",
            site=case.site,
            profile=rule.selector.profile,
        )
        kept.keep(judge.observe([part], received_at=at))
        following = ends[number + 1] if number + 1 < len(ends) else case.until
        while clock <= START + following * MINUTE and case.until:
            kept.keep(judge.tick(clock))
            clock += MINUTE // 2
        if restarts:
            judge = kept.judge(rule)
    return [f"{(line.observed_at - START) / MINUTE:g} {line.what} {line.level}" for line in kept.history]


@pytest.mark.parametrize(("rule", "case"), _cases())
def test_a_rule_raises_what_it_should(rule: Rule, case: Case) -> None:
    assert _told(rule, case, restarts=False) == list(case.expect)


@pytest.mark.parametrize(("rule", "case"), _cases())
def test_restarts_change_nothing(rule: Rule, case: Case) -> None:
    assert _told(rule, case, restarts=True) == list(case.expect)


def test_every_test_file_has_its_rule() -> None:
    assert {path.name.removesuffix(".test.toml") for path in CASES.glob("*.test.toml")} == set(RULES)


def test_the_readme_names_every_rule() -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert not [name for name in RULES if f"`{name}`" not in text]
