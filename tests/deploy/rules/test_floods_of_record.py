"""Floods of record through the flood rules: báo động in order, each within a step of sampling, one alarm a level.

What is asserted here is worked out from the published levels, not from what the rules said.
"""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

import pytest

from cloud.rules.cases import Case
from cloud.rules.trial import told_by
from tests.deploy.rules.province import RULES, TESTS

FLOODS = {case.name: case for case in TESTS["flood_thao_yen_bai"].case if case.source}
ALARM_LEVELS = {"I": 30.0, "II": 31.0, "III": 32.0}  # QĐ 05/2020/QĐ-TTg, Yên Bái on the Thao
CROSSED = {
    "yagi_september_2024": ["I", "II", "III"],
    "bualoi_september_2025": ["I", "II", "III"],
    "false_alarm_october_2024": ["I", "II"],
}
MINUTE = 60_000


def crossings(case: Case) -> dict[str, float]:
    """When the published hydrograph first reaches each level, in ms since 1970 UTC."""
    facts = [(datetime.fromisoformat(str(at)).timestamp() * 1000, float(level)) for at, level in case.readings]
    found = {}
    for (begin, low), (end, high) in pairwise(facts):
        for name, height in ALARM_LEVELS.items():
            if low < height <= high and name not in found:
                found[name] = begin + (height - low) / (high - low) * (end - begin)
    return found


def rises(case: Case, rule: str) -> list[tuple[str, float]]:
    """Level and time of every raising and escalation."""
    told = [line.split(" ", 2) for line in told_by(RULES[rule], case)]
    return [
        (level, datetime.fromisoformat(f"{at}:00+07:00").timestamp() * 1000)
        for at, what, level in told
        if what in ("raised", "escalated")
    ]


@pytest.mark.parametrize("name", CROSSED)
@pytest.mark.parametrize("every", [5, 10, 15])
def test_each_level_is_told_once_in_order_and_within_one_step(name: str, every: int) -> None:
    case = FLOODS[name].model_copy(update={"every": float(every)})
    crossed, told = crossings(case), rises(case, "flood_thao_yen_bai")
    assert [level for level, _ in told] == CROSSED[name] == sorted(crossed, key=lambda level: crossed[level])
    for level, at in told:
        assert -MINUTE < at - crossed[level] <= every * MINUTE, level  # readings have three digits behind the comma


def test_the_forecast_that_never_came_true_raises_no_level_iii() -> None:
    case = FLOODS["false_alarm_october_2024"]
    assert "III" not in {level for level, _ in rises(case, "flood_thao_yen_bai")}
    assert {level for level, _ in rises(case, "river_rise_rate")} == {"fast"}  # 0.37 m/h, not 0.6


def test_a_river_that_rises_two_and_a_half_metres_in_four_hours_is_very_fast_before_level_i() -> None:
    case = FLOODS["bualoi_september_2025"]
    (first, at), *_ = rises(case, "river_rise_rate")
    assert first == "very fast"
    assert at < crossings(case)["I"]


def test_there_is_a_case_for_each_flood() -> None:
    assert set(FLOODS) == set(CROSSED)
