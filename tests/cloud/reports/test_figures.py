"""What indicators come to, and how they stand against their targets."""

from __future__ import annotations

import pytest

from cloud.errors import ConfigurationError
from cloud.reports.figures import Figure, Series, Word, figure_of, word_of
from cloud.reports.month import month_of
from cloud.reports.operation import Standing, standing_of
from cloud.reports.plan import Indicator, Module, Pending, ReportPlan, read_report_plan
from device_profiles.load import CATALOGUE, load_catalogue
from tests.readme_check import assert_documented

HOUR = 3_600_000
PLAN = read_report_plan(None)
FRIDGE = next(each for each in PLAN.indicators if each.id == "fridges_in_range")
WARM = Series([0, HOUR, 2 * HOUR], [5.0, 9.0, 5.0])


def figure(indicator: Indicator, *found: Series, silent: int = 0) -> Figure:
    return figure_of(indicator, found, silent=silent, begin=0, end=4 * HOUR)


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ({}, 200 / 3),
        ({"how": "hours", "at_least": 8.5, "at_most": None}, 1.0),
        ({"how": "mean"}, 19 / 3),
        ({"how": "median"}, 5.0),
        ({"hold_s": 1800}, 200 / 3),
        ({"hold_s": 7200}, 75.0),
        ({"how": "coverage"}, 75.0),
        ({"how": "excursions"}, 100 / 0.75),
        ({"how": "excursions", "least_s": 3601}, 0.0),
        ({"how": "repair_h"}, 1.0),
        ({"how": "repair_h", "at_most": 10.0}, None),
        ({"how": "rise"}, 4.0),
        ({"from_h": 8.0, "to_h": 9.0}, 0.0),
        ({"from_h": 7.0, "to_h": 7.5}, 100.0),
        ({"from_h": 1.0, "to_h": 2.0}, None),
    ],
)
def test_readings_weigh_as_long_as_they_hold(change: dict[str, object], value: float | None) -> None:
    assert figure(FRIDGE.model_copy(update=change), WARM).value == pytest.approx(value)


def test_what_was_not_measured_lowers_the_coverage_and_is_no_zero() -> None:
    assert figure(FRIDGE, WARM).covered_pct == 75.0
    assert figure(FRIDGE, WARM, silent=1).covered_pct == 37.5
    nothing = figure(FRIDGE, silent=2)
    assert (nothing.value, nothing.covered_pct) == (None, 0.0)
    assert figure(FRIDGE).covered_pct is None


def test_a_week_of_office_hours_has_five_days() -> None:
    office = FRIDGE.model_copy(update={"from_h": 7.5, "to_h": 17.0, "workdays": True}).opening
    monday = month_of("2026-06").begin  # 1 June 2026
    assert office.lasts(monday, monday + 7 * 24 * HOUR) == 5 * 9.5 * HOUR
    saturday = monday + 5 * 24 * HOUR + 10 * HOUR
    assert (office.ends(monday + 10 * HOUR), office.ends(saturday)) == (monday + 17 * HOUR, None)


CAMERAS = next(each for each in PLAN.modules if each.id == "op_cameras")


def test_a_module_works_while_readings_prove_it() -> None:
    costs = CAMERAS.model_copy(update={"vnd_per_month": 600_000.0})
    lost = Series([0, 4 * HOUR, 6 * HOUR], [1.0, 0.0, 1.0])  # silent from 1 h on, lost at 4 h, back at 6 h
    standing = standing_of(costs, [lost], silent=1, begin=0, end=7 * HOUR)
    expected = Standing(2, 100 * 2 / 14, stops=2, unended=1, repair_h=5.0, vnd_per_device=300_000.0)
    assert standing == expected
    nothing = standing_of(CAMERAS, [], silent=0, begin=0, end=HOUR)
    assert (nothing.available_pct, nothing.repair_h, nothing.vnd_per_device) == (None, None, None)


@pytest.mark.parametrize(
    ("better", "target", "value", "word"),
    [
        ("higher", 97.0, 97.0, "met"),
        ("higher", 97.0, 96.9, "missed"),
        ("lower", 15.0, 15.1, "missed"),
        ("lower", 15.0, 15.0, "met"),
        ("lower", None, 15.0, "trend"),
        ("lower", 15.0, None, "none"),
    ],
)
def test_a_figure_meets_its_target_or_not(better: str, target: float | None, value: float | None, word: Word) -> None:
    wanted = FRIDGE.model_copy(update={"better": better, "target": target})
    assert word_of(wanted, Figure(value, 0.0 if value is None else 90.0, 1, 0, 1)) == word


def test_what_was_looked_at_and_did_not_happen_is_not_without_data() -> None:
    repairs = FRIDGE.model_copy(update={"how": "repair_h", "at_most": 10.0})
    assert word_of(repairs, figure(repairs, WARM)) == "idle"


def test_months_are_those_of_vietnam() -> None:
    december = month_of("2024-12")
    assert december.end == month_of("2025-01").begin == 1_735_664_400_000  # 31 December 17:00 UTC
    assert month_of("2025-01").before == december
    assert str(december.before) == "2024-11"
    with pytest.raises(ConfigurationError, match="2024-13"):
        month_of("2024-13")


def test_the_proposal_names_points_that_exist_and_its_fields_are_documented() -> None:
    profiles = load_catalogue(CATALOGUE).profiles
    named = [(each.id, each.profile, each.point) for each in PLAN.indicators]
    named += [(each.id, each.profile, each.point) for each in PLAN.modules]
    for name, profile, point in named:
        assert point in {each.key for each in profiles[profile].points}, name
    assert_documented("cloud/reports", ReportPlan, Indicator, Module, Pending)
