"""A figure over twelve months is drawn with its gaps, and compared only with what was worked out the same way."""

from __future__ import annotations

import pytest

from cloud.reports.month import month_of
from cloud.reports.plan import read_report_plan
from cloud.reports.trend import curve, is_same, months_until

PLAN = read_report_plan(None)
RISING = [None, None, 1.0, 2.0, None, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0]


def test_twelve_months_end_with_the_month_of_the_report() -> None:
    months = [str(each) for each in months_until(month_of("2026-02"))]
    assert (months[0], months[10], months[11], len(months)) == ("2025-03", "2026-01", "2026-02", 12)


def test_a_line_breaks_where_a_month_has_no_data() -> None:
    drawn = curve(RISING, width=114, height=22, edge=2)
    assert drawn is not None
    assert [len(run) for run in drawn.runs] == [2, 7]
    assert drawn.runs[0][0] == (22.0, 20.0)
    assert drawn.last == (112.0, 2.0)
    assert (drawn.low, drawn.high, drawn.known, drawn.target) == (1.0, 10.0, 9, None)
    silent = curve([*RISING[1:], None], width=114, height=22, edge=2)
    assert silent is not None
    assert silent.last is None


@pytest.mark.parametrize(("target", "height"), [(5.5, 11.0), (19.0, 2.0), (40.0, None)])
def test_a_target_that_would_flatten_the_line_is_not_drawn(target: float, height: float | None) -> None:
    drawn = curve(RISING, width=114, height=22, edge=2, target=target)
    assert drawn is not None
    assert drawn.target == height


def test_one_month_is_no_line() -> None:
    assert curve([None] * 11 + [3.0], width=114, height=22, edge=2) is None
    steady = curve([None] * 10 + [3.0, 3.0], width=114, height=22, edge=2)
    assert steady is not None
    assert {y for run in steady.runs for _, y in run} == {11.0}


def test_another_target_is_the_same_figure_and_another_range_is_not() -> None:
    fridges = next(each for each in PLAN.indicators if each.id == "fridges_in_range")
    assert is_same(fridges, fridges.model_copy(update={"target": 99.0, "confirmed": True}))
    assert not is_same(fridges, fridges.model_copy(update={"at_most": 10.0}))
    assert not is_same(fridges, PLAN.modules[0])
