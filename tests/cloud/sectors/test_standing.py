"""How a sector stands: silence is no figure, and the worst comes first."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest

from cloud.api.views import DeviceView, Freshness, PointView
from cloud.sectors.plan import Figure, How, SectorPlan, Target
from cloud.sectors.standing import Fleet, figure_standing
from cloud.store.base import AlarmRow
from device_profiles.schema import PointType, Text

NAME = Text(vi="Mức đầy", en="Filling")
PLAN = SectorPlan(id="waste", name=NAME, profiles=("waste_bin",))


def bin_with(name: str, fill: float | None, word: Freshness = "measured", quality: str = "good") -> DeviceView:
    point = PointView("fill_pct", NAME, "%", PointType.FLOAT, fill, quality, word, 1_000 + len(name))
    return DeviceView("gw", name, NAME, "waste_bin", "site", points=(point,))


BINS = [
    bin_with("a", 50.0),
    bin_with("bb", 90.0, "unchanged"),
    bin_with("c", 99.0, "stale"),
    bin_with("d", 97.0, quality="bad:range"),
    bin_with("e", None, "never"),
]


@pytest.mark.parametrize(
    ("how", "value"),
    [("sum", 140.0), ("mean", 70.0), ("minimum", 50.0), ("maximum", 90.0), ("count", 1.0), ("share", 50.0)],
)
def test_only_what_speaks_now_and_is_good_has_a_say(how: How, value: float) -> None:
    at_least = 80.0 if how in ("count", "share") else None
    found = figure_standing(Figure(name=NAME, profile="waste_bin", point="fill_pct", how=how, at_least=at_least), BINS)
    assert (found.value, found.devices, found.of, found.oldest_at) == (value, 2, 5, 1_001)


def test_no_data_is_neither_zero_nor_on_target() -> None:
    target = Target(value=0.0, better="lower", source="proposal")
    figure = Figure(name=NAME, profile="waste_bin", point="fill_pct", how="count", at_least=80.0, target=target)
    found = figure_standing(figure, BINS[2:])
    assert (found.value, found.met) == (None, None)
    assert figure_standing(figure, []).unit == ""


@pytest.mark.parametrize(
    ("better", "value", "met"), [("higher", 90.0, True), ("higher", 89.9, False), ("lower", 90.1, False)]
)
def test_the_mark_itself_is_well(better: Literal["higher", "lower"], value: float, met: bool) -> None:
    assert Target(value=90.0, better=better, source="s").is_met(value) is met


def test_devices_with_grave_alarms_come_first_then_the_silent_ones() -> None:
    alarms = [_alarm("1", "a", severity=3), _alarm("2", "bb", severity=1), _alarm("3", "elsewhere", severity=1)]
    fleet = Fleet(BINS, alarms, {"bin_full": "waste_bin"})
    assert [each.device.id for each in fleet.troubles(PLAN)] == ["bb", "a", "c", "e", "d"]
    standing = fleet.standing(PLAN)
    assert (standing.devices, standing.well, standing.worst) == (5, 1, 1)
    assert [each.id for each in fleet.alarms(PLAN)] == ["3", "2", "1"], "an alarm at no device counts by its rule"


def test_a_device_of_another_sector_stays_out() -> None:
    other = replace(BINS[0], profile="air_node", id="air")
    index = replace(BINS[0], id="x", source="a")
    fleet = Fleet([other, index], [_alarm("1", "air", severity=1)], {"bin_full": "waste_bin"})
    assert fleet.standing(PLAN).devices == 0
    assert fleet.alarms(PLAN) == []
    assert fleet.standing(PLAN).newest_at is None


def _alarm(identifier: str, device: str, *, severity: int) -> AlarmRow:
    return AlarmRow(
        identifier, "bin_full", "1", "site", "gw", device, "fill_pct", "unacked", True, "", severity, 1.0, 1.0, "đầy",
        "full", 1, 1, 1,
    )  # fmt: skip
