"""How numbers, times, ages and values look, and where rivers and sites stand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from cloud.api.views import DeviceView, GatewayView, PointView
from cloud.api.which import counts_of
from cloud.atlas.places import site_states
from cloud.store.base import OpenAlarms
from cloud.web import present
from cloud.web.fleet import has_problem, in_order, room_left, severity_counts
from cloud.web.rivers import river_of
from cloud.web.words import Language
from device_profiles.schema import PointType, Text
from tests.cloud.api import sample_fleet
from tests.cloud.marks import mark

NOW = 1_725_926_400_000
NAME = Text(vi="Mực nước", en="Level")


def point(value: object, kind: PointType = PointType.FLOAT, unit: str = "m") -> PointView:
    """A point with this value."""
    return PointView("level_m", NAME, unit, kind, value=value, freshness="measured")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "language", "shown"),
    [
        (1234567, "vi", "1.234.567"), (1234567, "en", "1,234,567"), (31.42, "vi", "31,42"), (31.42, "en", "31.42"),
        (-0.5, "vi", "-0,50"), (1234.56, "vi", "1.234,6"), (0, "en", "0"),
    ],
)  # fmt: skip
def test_numbers(value: float, language: Language, shown: str) -> None:
    assert present.number(value, language) == shown


def test_times_are_vietnamese_wherever_the_server_stands() -> None:
    assert present.moment(NOW) == "10/09/2024 07:00:00"
    assert present.moment(None) == "–"
    assert present.iso(NOW) == "2024-09-10T00:00:00.000+00:00"
    assert present.iso(None) == ""


@pytest.mark.parametrize(
    ("span", "vi", "en"),
    [(0, "0 giây", "0 s"), (59_999, "59 giây", "59 s"), (60_000, "1 phút", "1 min"), (3_600_000, "1 giờ", "1 h"),
     (47 * 3_600_000, "47 giờ", "47 h"), (50 * 3_600_000, "2 ngày", "2 d"), (-5_000, "0 giây", "0 s")],
)  # fmt: skip
def test_ages(span: int, vi: str, en: str) -> None:
    assert (present.age(span, "vi"), present.age(span, "en")) == (vi, en)


def test_values_by_type_and_unit() -> None:
    assert present.value(point(None), "vi", {}) == "–"
    assert present.value(point(True, PointType.BOOL), "vi", {}) == "có"
    assert present.value(point(2, PointType.ENUM), "vi", {"2": "Bằng tay"}) == "Bằng tay"
    assert present.value(point(7, PointType.ENUM), "vi", {}) == "7"
    assert present.value(point("v1.2", PointType.STRING), "en", {}) == "v1.2"
    assert present.value(point(148, PointType.INT, "{count}"), "en", {}) == "148"
    assert present.value(point(42.4, unit="%"), "vi", {}) == "42"
    assert present.value(point(229.44, unit="V"), "vi", {}) == "229,4"
    assert (present.unit("min", "vi"), present.unit("Cel", "vi")) == ("phút", "°C")


def test_sizes_and_codes_in_words() -> None:
    assert [present.size(count, "vi") for count in (12, 9_400, 2_400_000, 3 * 10**9)] == [
        "12 B",
        "9,4 kB",
        "2,4 MB",
        "3,0 GB",
    ]
    assert present.quality("good", "vi") == ""
    assert present.quality("uncertain:rate", "vi") == "nghi ngờ: đổi quá nhanh"
    assert present.quality("bad:exception_02", "en") == "bad: exception_02"
    assert present.fault("timeout", "vi") == "quá thời gian chờ"


def gauge(level: float | None) -> DeviceView:
    """A river gauge at this level."""
    return DeviceView("gw", "g", NAME, "river_gauge_radar", "s", points=(point(level),))


@pytest.mark.parametrize(
    ("level", "above", "ahead", "distance"),
    [(29.2, None, "I", 0.8), (30.0, "I", "II", 1.0), (31.42, "II", "III", 0.58), (35.73, "III", None, 3.73)],
)
def test_rivers_stand_against_their_levels(level: float, above: str | None, ahead: str | None, distance: float) -> None:
    river = river_of(gauge(level), tuple(reversed(sample_fleet.LEVELS)))
    assert river
    assert (river.above.level if river.above else None, river.next.level if river.next else None) == (above, ahead)
    assert river.distance == pytest.approx(distance)
    assert river.has_data
    assert 0 < river.share <= 100
    assert [mark.level for mark, _ in river.marks] == ["I", "II", "III"]


def test_a_river_without_fresh_level_is_not_judged() -> None:
    empty = river_of(gauge(None), sample_fleet.LEVELS)
    assert empty
    assert not empty.has_data
    old = replace(gauge(33.0), points=(replace(point(33.0), freshness="stale"),))
    stale = river_of(old, sample_fleet.LEVELS)
    assert stale
    assert not stale.has_data
    assert river_of(gauge(30.0), ()) is None
    assert river_of(replace(gauge(1.0), points=()), [mark("r", "I", 1.0, 3)]) is None


def test_sites_show_their_worst_and_never_green_without_data() -> None:
    states = {state.site.id: state for state in site_states(sample_fleet.SITES, sample_fleet.gateways(NOW), [])}
    assert states["site-cau-yen-bai"].mark == "site_ok"
    assert states["site-nghia-lo"].mark == "site_lost"
    assert states["site-thac-ba"].mark == "site_stopped"
    assert states["site-mu-cang-chai"].mark == "site_none"
    opened = [OpenAlarms("site-thac-ba", 3, 4_000, 9), OpenAlarms("site-thac-ba", 2, 1, 0)]
    states = {state.site.id: state for state in site_states(sample_fleet.SITES, sample_fleet.gateways(NOW), opened)}
    assert (states["site-thac-ba"].mark, states["site-thac-ba"].alarms) == ("severity_2", 4_001)
    assert severity_counts(opened) == {1: 0, 2: 1, 3: 4_000, 4: 0}


def test_a_large_fleet_is_looked_through_once_for_all_its_sites() -> None:
    class Counted(list[GatewayView]):
        looks = 0

        def __iter__(self) -> Iterator[GatewayView]:
            self.looks += 1
            return super().__iter__()

    gateways = Counted(sample_fleet.gateways(NOW))
    assert len(site_states(sample_fleet.SITES, gateways, [])) > 1
    assert gateways.looks == 1


def test_a_lost_gateway_uses_up_its_room_and_an_online_one_does_not() -> None:
    known = {gateway.id: gateway for gateway in sample_fleet.gateways(NOW)}
    later = NOW + 3_600_000
    assert room_left(known["gw-thao"], now=later) == 1_610.0
    assert room_left(known["gw-nghia-lo"], now=later) == pytest.approx(161.5 - 4)
    assert room_left(known["gw-nghia-lo"], now=NOW + 900 * 3_600_000) == 0.0
    assert room_left(known["gw-mcc"], now=NOW) is None


def test_counts_and_problems() -> None:
    devices = list(sample_fleet.devices(NOW).values())
    counts = in_order(counts_of(devices).freshness)
    assert sum(counts.values()) == sum(len(device.points) for device in devices if not device.source)
    assert counts["stale"] == 12
    assert has_problem(sample_fleet.devices(NOW)["gw-mcc", "rain-mcc"])
    assert not has_problem(sample_fleet.devices(NOW)["gw-thao", "rain-yen-bai"])
    assert severity_counts([]) == {1: 0, 2: 0, 3: 0, 4: 0}
