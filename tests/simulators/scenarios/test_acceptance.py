"""Stories that happened come out as the bulletins had them: peaks ±0.3 m, times ±3 h, the lake's balance within 1 %.

Facts and tolerances: the scenario files name their sources; the tolerances are engineering defaults.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest

from simulators.province.province import Province, moment_ms
from tests.simulators.province.stories import ms, province

HOUR_MS, STEP_MS = 3_600_000, 600_000
YEN_BAI, LAKE = "song-thao-yen-bai", "ho-thac-ba"
MARKS_M = (30.0, 31.0, 32.0)  # báo động I, II, III: QĐ 05/2020/QĐ-TTg


def level_m(there: Province, at: int, device: str = YEN_BAI) -> float:
    """What the gauge says."""
    return float(there.values(device, at)["level_m"])


def course(there: Province) -> Iterator[tuple[int, float]]:
    """What the gauge of Yên Bái says all through a story."""
    for at in range(there.begin_ms, there.end_ms + 1, STEP_MS):
        yield at, level_m(there, at)


def first_above(there: Province, mark: float) -> int:
    """When a level is reached."""
    return next(at for at, level in course(there) if level >= mark)


@pytest.mark.parametrize(
    ("story", "peak_m", "hour"),
    [
        ("yagi_2024", 35.73, "2024-09-10 04:00"),
        ("bualoi_2025", 34.45, "2025-09-30 10:00"),
        ("false_alarm_2024", 31.70, "2024-10-01 22:00"),
    ],
)
def test_the_river_peaks_as_high_and_when_it_did(story: str, peak_m: float, hour: str) -> None:
    at, peak = max(course(province(story)), key=lambda each: each[1])
    assert peak == pytest.approx(peak_m, abs=0.3)
    assert abs(at - ms(hour)) <= 3 * HOUR_MS


@pytest.mark.parametrize("story", ["yagi_2024", "bualoi_2025", "false_alarm_2024"])
def test_every_bulletin_of_yen_bai_is_within_its_tolerance(story: str) -> None:
    there = province(story)
    (gauge,) = [each for each in there.scenario.levels if each.id == "yen_bai"]
    for knot in gauge.knots:
        if knot.confirmed:
            assert level_m(there, moment_ms(knot.at)) == pytest.approx(knot.value, abs=0.3), knot.at


@pytest.mark.parametrize(
    ("story", "passed"),
    [
        ("yagi_2024", ["2024-09-08 10:20", "2024-09-08 14:00", "2024-09-08 19:00"]),  # between and around bulletins
        ("bualoi_2025", ["2025-09-29 16:40", "2025-09-29 18:10", "2025-09-29 19:40"]),
        ("false_alarm_2024", ["2024-10-01 15:00", "2024-10-01 17:40"]),
    ],
)
def test_alarm_levels_are_passed_in_their_order_and_hours(story: str, passed: list[str]) -> None:
    moments = [first_above(province(story), mark) for mark, _ in zip(MARKS_M, passed, strict=False)]
    assert moments == sorted(moments)
    for moment, hour in zip(moments, passed, strict=True):
        assert abs(moment - ms(hour)) <= 3 * HOUR_MS


def test_level_three_was_forecast_in_october_and_never_reached() -> None:
    assert max(level for _, level in course(province("false_alarm_2024"))) < MARKS_M[2]


@pytest.mark.parametrize(
    ("story", "begin", "end", "m_h"),
    [
        ("false_alarm_2024", "2024-10-01 07:00", "2024-10-01 18:00", 0.37),
        ("bualoi_2025", "2025-09-29 16:30", "2025-09-29 20:30", 0.65),
        ("yagi_2024", "2024-09-10 04:00", "2024-09-13 08:00", -0.07),
    ],
)
def test_the_river_rises_and_falls_as_fast_as_it_did(story: str, begin: str, end: str, m_h: float) -> None:
    there, first, last = province(story), ms(begin), ms(end)
    rate = (level_m(there, last) - level_m(there, first)) / ((last - first) / HOUR_MS)
    assert rate == pytest.approx(m_h, rel=0.1)


@pytest.mark.parametrize("story", ["yagi_2024", "bualoi_2025", "false_alarm_2024", "quiet_day"])
def test_what_comes_into_the_lake_and_does_not_leave_it_lifts_it(story: str) -> None:
    there = province(story)
    told = [there.values(LAKE, at) for at in range(there.begin_ms, there.end_ms + 1, 900_000)]
    came = left = 0.0
    for before, after in pairwise(told):
        came += (float(before["q_in_m3_s"]) + float(after["q_in_m3_s"])) / 2 * 900 / 1e6
        left += (float(before["q_out_m3_s"]) + float(after["q_out_m3_s"])) / 2 * 900 / 1e6
    grew = float(told[-1]["volume_mcm"]) - float(told[0]["volume_mcm"])
    assert abs(came - left - grew) < 0.01 * came
    assert grew == pytest.approx(190 * (float(told[-1]["level_up_m"]) - float(told[0]["level_up_m"])), abs=1.0)


@pytest.mark.parametrize(
    ("story", "hour", "point", "value", "within"),
    [
        ("yagi_2024", "2024-09-11 10:45", "level_up_m", 59.83, 0.1),
        ("yagi_2024", "2024-09-11 10:45", "q_in_m3_s", 2960, 150),
        ("yagi_2024", "2024-09-11 10:45", "q_out_m3_s", 2920, 150),
        ("yagi_2024", "2024-09-11 13:00", "q_in_m3_s", 2992, 150),
        ("yagi_2024", "2024-09-11 13:00", "q_out_m3_s", 3005, 150),
        ("yagi_2024", "2024-09-13 08:00", "level_up_m", 58.97, 0.1),
        ("yagi_2024", "2024-09-13 08:00", "q_in_m3_s", 1984, 150),
        ("bualoi_2025", "2025-09-29 22:00", "level_up_m", 57.54, 0.1),
        ("bualoi_2025", "2025-09-29 22:00", "q_in_m3_s", 4110, 150),
        ("bualoi_2025", "2025-09-29 22:00", "q_out_m3_s", 330, 20),
    ],
)
def test_the_lake_stands_where_its_owner_had_it(story: str, hour: str, point: str, value: float, within: float) -> None:
    assert float(province(story).values(LAKE, ms(hour))[point]) == pytest.approx(value, abs=within)


@pytest.mark.parametrize(
    ("story", "hour", "device", "level"),
    [
        ("yagi_2024", "2024-09-08 15:00", "song-thao-bao-ha", 56.83),
        ("yagi_2024", "2024-09-08 15:00", "song-thao-lao-cai", 79.49),
        ("yagi_2024", "2024-09-09 07:00", "ngoi-thia", 43.35),
        ("bualoi_2025", "2025-09-30 07:00", "song-thao-lao-cai", 83.06),
    ],
)
def test_other_gauges_are_near_their_bulletins(story: str, hour: str, device: str, level: float) -> None:
    assert level_m(province(story), ms(hour), device) == pytest.approx(level, abs=0.5)


def test_every_measured_sum_of_rain_stands_at_its_gauge() -> None:
    for story in ("yagi_2024", "bualoi_2025"):
        there = province(story)
        begin, end = (moment_ms(each) for each in there.scenario.rain_window or ())
        for rain in there.scenario.rain:
            device = rain.device or ""
            fell = [float(there.values(device, at)["rain_total_mm"]) for at in (begin, end)]
            assert fell[1] - fell[0] == pytest.approx(rain.window_mm, rel=0.05), rain.id
