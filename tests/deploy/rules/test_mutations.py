"""No threshold can move unseen: those about floods by what a gauge can tell apart, all others by a tenth."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from cloud.rules.kinds.expression import Expression
from cloud.rules.rule import Rule
from cloud.rules.trial import told_by
from device_profiles.schema import PointType
from tests.deploy.rules.province import CATALOGUE, RULES, TESTS

PROFILES = {
    "river_gauge_radar", "rain_gauge_tipping", "reservoir", "irrigation_dam", "landslide_node", "flash_flood_siren",
    "ford_gauge", "street_flood",
}  # fmt: skip
STEPS = {
    "cm": 1, "m": 0.01, "m/h": 0.01, "mm": 0.2, "mm/d": 0.1, "m3/s": 1, "L/s": 0.1, "%": 0.1, "deg/h": 0.01, "V": 0.01,
    "{count}": 1, "1": 1,
}  # fmt: skip
TIMES = {"hold_s": 60, "window_s": 600, "min_span_s": 60}
UNSEEN = {("landslide_crack", "window_s"), ("landslide_crack", "min_span_s"), ("rain_72h", "window_s")}  # coarser steps
FLOODS = sorted(name for name, rule in RULES.items() if rule.selector.profile in PROFILES)
OTHERS = sorted(set(RULES) - set(FLOODS))
EDGES = ("above", "below", "clear")

Table = dict[str, Any]
Mutant = tuple[str, Table]


def _moved(table: Table, key: str, step: float) -> Iterator[Mutant]:
    """The table with one of its numbers a step higher, and a step lower."""
    if table.get(key):
        for change in (step, -step):
            yield f"{key}{change:+g}", {**table, key: round(table[key] + change, 6)}
    elif table.get(key) is not None:
        yield f"{key}{step:+g}", {**table, key: step}


def _with_level(kind: Table, number: int, mutants: Iterable[Mutant]) -> Iterator[Mutant]:
    """The kind with one of its levels moved."""
    for what, mutant in mutants:
        levels = [mutant if place == number else each for place, each in enumerate(kind["levels"])]
        yield f"{mutant['name']}-{what}", {**kind, "levels": levels}


def _finely(name: str) -> Iterator[Mutant]:
    """The kind of a rule with one threshold moved by what its gauge can tell apart, or one time by a little."""
    kind = RULES[name].kind.model_dump(exclude_unset=True)
    sizes = {**dict.fromkeys(EDGES, _step_of(kind)), "after_s": 60, "times": 1}
    for number, level in enumerate(kind["levels"]):
        for key, size in sizes.items():
            yield from _with_level(kind, number, _moved(level, key, size))
    condition = kind.get("condition", {})
    for key in EDGES:
        for what, mutant in _moved(condition, key, STEPS.get(kind.get("unit", "1"), 1)):
            yield f"condition-{what}", {**kind, "condition": mutant}
    for key, size in TIMES.items():
        if (name, key) not in UNSEEN:
            yield from _moved(kind, key, size)


def _step_of(kind: Table) -> float:
    """What a rule can tell apart: a device of a group, a twentieth of a ratio, else what its gauge can."""
    if kind["kind"] in ("n_of_m", "combination"):
        return 1
    return 0.05 if kind.get("figure") == "ratio" else STEPS.get(kind.get("unit", "1"), 1)


def _by_a_tenth(name: str) -> Iterator[Mutant]:
    """The kind of a rule with one threshold moved by a tenth, or how long it must hold by a quarter."""
    kind = RULES[name].kind.model_dump(exclude_unset=True)
    for number, level in enumerate(kind["levels"]):
        for key in _keys_of(name, kind):
            if level.get(key) is not None:
                yield from _with_level(kind, number, _moved(level, key, _tenth_of(level[key], kind)))
    if "hold_s" in kind:
        yield from _moved(kind, "hold_s", kind["hold_s"] / 4)


def _tenth_of(value: float, kind: Table) -> float:
    """A tenth, but not less than what a sensor of small figures can tell apart."""
    return max(abs(value) / 10, 0.1 if abs(value) < 1 and kind.get("figure") != "ratio" else 0.0)


def _keys_of(name: str, kind: Table) -> tuple[str, ...]:
    """Which thresholds of a rule can be moved by a tenth; one of whole numbers cannot."""
    point = CATALOGUE.profiles[RULES[name].selector.profile].point(RULES[name].selector.point)
    if kind["kind"] == "n_of_m":
        return ("above",) if kind.get("share") else ()
    judge = RULES[name].kind
    if isinstance(judge, Expression) and judge.program.type == "truth":
        return ()
    return (*EDGES, "after_s", "within_s") if point and point.type is PointType.FLOAT else ("after_s", "within_s")


def _unseen(name: str, mutants: Iterable[Mutant]) -> list[str]:
    """What can be changed of a rule without any of its cases failing."""
    cases = sorted(TESTS[name].case, key=lambda case: bool(case.source))  # the long ones last
    unseen = []
    for what, kind in mutants:
        try:
            mutant = Rule.model_validate({**RULES[name].model_dump(exclude_unset=True), "kind": kind})
        except ValidationError:
            continue  # no set of rules would take it
        if all(told_by(mutant, case, RULES) == case.expect for case in cases):
            unseen.append(what)
    return unseen


@pytest.mark.parametrize("name", FLOODS)
def test_no_threshold_about_floods_moves_unseen(name: str) -> None:
    assert not _unseen(name, _finely(name)), "every case still passes"


@pytest.mark.parametrize("name", [name for name in OTHERS if RULES[name].selector.profile])
def test_no_other_threshold_moves_by_a_tenth_unseen(name: str) -> None:
    assert not _unseen(name, _by_a_tenth(name)), "every case still passes"


@pytest.mark.parametrize("name", [name for name in OTHERS if not RULES[name].selector.profile])
def test_a_combination_needs_as_many_rules_as_it_says(name: str) -> None:
    assert not _unseen(name, _finely(name)), "every case still passes"


def test_the_floods_rains_lakes_and_slopes_are_all_looked_at() -> None:
    assert len(FLOODS) >= 35
