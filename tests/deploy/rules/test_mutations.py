"""No threshold of a rule about floods can move by what its gauge can tell apart without a case that fails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from cloud.rules.rule import Rule
from cloud.rules.trial import told_by
from tests.deploy.rules.province import RULES, TESTS

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

Table = dict[str, Any]


def _moved(table: Table, key: str, step: float) -> Iterator[tuple[str, Table]]:
    """The table with one of its numbers a step higher, and a step lower."""
    if table.get(key):
        for change in (step, -step):
            yield f"{key}{change:+g}", {**table, key: round(table[key] + change, 6)}
    elif table.get(key) is not None:
        yield f"{key}{step:+g}", {**table, key: step}


def _step_of(kind: Table) -> float:
    """What a rule can tell apart: a device of a group, a twentieth of a ratio, else what its gauge can."""
    if kind["kind"] == "n_of_m":
        return 1
    return 0.05 if kind.get("figure") == "ratio" else STEPS.get(kind.get("unit", "1"), 1)


def _mutants(name: str) -> Iterator[tuple[str, Table]]:
    """The kind of a rule with one threshold moved by one step, or one time by a little."""
    kind = RULES[name].kind.model_dump(exclude_unset=True)
    step = _step_of(kind)
    for number, level in enumerate(kind["levels"]):
        for key, size in (("above", step), ("below", step), ("clear", step), ("after_s", 60), ("times", 1)):
            for what, mutant in _moved(level, key, size):
                levels = [mutant if place == number else each for place, each in enumerate(kind["levels"])]
                yield f"{level['name']}-{what}", {**kind, "levels": levels}
    condition = kind.get("condition", {})
    for key in ("above", "below", "clear"):
        for what, mutant in _moved(condition, key, STEPS.get(kind.get("unit", "1"), 1)):
            yield f"condition-{what}", {**kind, "condition": mutant}
    for key, size in TIMES.items():
        if (name, key) not in UNSEEN:
            yield from _moved(kind, key, size)


@pytest.mark.parametrize("name", FLOODS)
def test_no_threshold_of_a_flood_moves_unseen(name: str) -> None:
    cases = sorted(TESTS[name].case, key=lambda case: bool(case.source))  # the long ones last
    unseen = []
    for what, kind in _mutants(name):
        try:
            mutant = Rule.model_validate({**RULES[name].model_dump(exclude_unset=True), "kind": kind})
        except ValidationError:
            continue  # no set of rules would take it
        if all(told_by(mutant, case, RULES) == case.expect for case in cases):
            unseen.append(what)
    assert not unseen, "every case still passes"


def test_the_floods_rains_lakes_and_slopes_are_all_looked_at() -> None:
    assert len(FLOODS) >= 25
