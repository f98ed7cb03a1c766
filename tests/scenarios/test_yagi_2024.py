"""The scenario yagi_2024 is the flood that happened: peak, order of alarm levels, rise and recession."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.scenarios.curve import curve_through
from simulators.scenarios.scenario import Playback, Scenario, build, hours_between, load_scenario

YAGI = load_scenario("yagi_2024")
KNOTS = YAGI.file.levels[0].knots
ALARM_LEVELS = {"I": 30.0, "II": 31.0, "III": 32.0}  # QĐ 05/2020/QĐ-TTg, Yên Bái on the Thao
MINUTE = 1 / 60


def _first_hour_at(scenario: Scenario, level: float) -> float:
    steps = int(scenario.hours / MINUTE)
    return next(step * MINUTE for step in range(steps) if scenario.level("yen_bai", step * MINUTE) >= level)


def test_the_peak_is_the_record_of_10_september() -> None:
    hours = [step * MINUTE for step in range(int(YAGI.hours / MINUTE))]
    peak = max(hours, key=lambda hour: YAGI.level("yen_bai", hour))
    assert YAGI.level("yen_bai", peak) == pytest.approx(35.73, abs=0.3)
    assert KNOTS[6].at.day == 10
    assert peak == pytest.approx(YAGI.hours_at(KNOTS[6].at), abs=3)


@pytest.mark.parametrize("knot", [knot for knot in KNOTS if knot.confirmed], ids=lambda knot: knot.at.isoformat())
def test_every_bulletin_is_met(knot: object) -> None:
    assert knot in KNOTS
    assert YAGI.level("yen_bai", YAGI.hours_at(knot.at)) == pytest.approx(knot.value, abs=0.001)  # type: ignore[attr-defined]


def test_the_alarm_levels_are_passed_in_order_and_once_on_the_way_up() -> None:
    first = {name: _first_hour_at(YAGI, level) for name, level in ALARM_LEVELS.items()}
    assert first["I"] < first["II"] < first["III"]
    peak = YAGI.hours_at(KNOTS[6].at)
    rising = [YAGI.level("yen_bai", step * MINUTE) for step in range(int(peak / MINUTE))]
    assert rising == sorted(rising)


def test_it_rises_and_falls_as_fast_as_the_river_did() -> None:
    between_bulletins = (33.69 - 31.40) / 15.5
    evening = YAGI.hours_at(KNOTS[2].at)
    assert YAGI.rise_m_h("yen_bai", evening + 15.5, 15.5) == pytest.approx(between_bulletins, abs=0.005)
    assert max(YAGI.rise_m_h("yen_bai", hour) for hour in range(1, 60)) < 0.37  # the steeper rise of October 2024
    recession = hours_between(KNOTS[6].at, KNOTS[7].at)
    assert YAGI.rise_m_h("yen_bai", YAGI.hours_at(KNOTS[7].at), recession) == pytest.approx(-0.07, abs=0.005)


@pytest.mark.parametrize("rain", YAGI.file.rain, ids=lambda rain: rain.id)
def test_the_rain_of_the_window_is_the_bulletins(rain: object) -> None:
    opened, closed = (YAGI.hours_at(moment) for moment in YAGI.file.rain_window)
    fell = YAGI.rain_total(rain.id, closed) - YAGI.rain_total(rain.id, opened)  # type: ignore[attr-defined]
    assert fell == pytest.approx(rain.window_mm)  # type: ignore[attr-defined]


def test_a_demonstration_passes_all_alarm_levels_between_20_and_55_seconds() -> None:
    speed = YAGI.file.hours_per_second
    passed = [_first_hour_at(YAGI, level) / speed for level in ALARM_LEVELS.values()]
    assert passed[0] > 20
    assert passed[-1] < 55
    assert all(later - earlier > 4 for earlier, later in itertools.pairwise(passed))


def test_an_endless_run_begins_again_without_a_jump() -> None:
    play = Playback(YAGI, YAGI.file.hours_per_second)
    end = YAGI.hours / YAGI.file.hours_per_second
    assert play.level("yen_bai", end - 0.01) == pytest.approx(play.level("yen_bai", end + 0.01), abs=0.01)
    assert play.level("yen_bai", end + 30) == pytest.approx(play.level("yen_bai", 30))
    assert play.rain_total("yen_bai", end + 0.01) >= play.rain_total("yen_bai", end - 0.01)
    assert play.rounds(end + 1) == 1


def test_a_stream_that_stayed_below_its_alarm_level_stays_below() -> None:
    assert max(YAGI.level("ngoi_thia", hour) for hour in range(int(YAGI.hours))) < 44.5


@given(
    steps=st.lists(st.tuples(st.floats(0.01, 100), st.floats(-50, 50)), min_size=2, max_size=10),
    where=st.floats(0, 1),
)
def test_a_curve_stays_between_its_neighbours(steps: list[tuple[float, float]], where: float) -> None:
    points = [(sum(width for width, _ in steps[: index + 1]), value) for index, (_, value) in enumerate(steps)]
    curve = curve_through(points)
    for (left, low), (right, high) in itertools.pairwise(points):
        assert curve.at(left) == pytest.approx(low, abs=1e-6)
        between = curve.at(left + where * (right - left))
        assert min(low, high) - 1e-6 <= between <= max(low, high) + 1e-6


@pytest.mark.parametrize("points", [[], [(0, 1)], [(0, 1), (0, 2)], [(1, 1), (0, 2)]])
def test_points_that_make_no_curve_are_refused(points: list[tuple[float, float]]) -> None:
    with pytest.raises(ValueError, match="two points or more"):
        curve_through(points)


def test_files_that_contradict_themselves_are_refused() -> None:
    table = YAGI.file.model_dump(mode="json")
    with pytest.raises(ValueError, match="end is not after the begin"):
        build(type(YAGI.file).model_validate({**table, "end": table["begin"]}))
    backwards = {**table["levels"][0], "knots": table["levels"][0]["knots"][::-1]}
    with pytest.raises(ValueError, match="order of time"):
        type(YAGI.file).model_validate({**table, "levels": [backwards]})
