"""VN_AQI against the worked examples of QĐ 1459/QĐ-TCMT (2.2.2 and 2.3) and against breakpoints."""

from __future__ import annotations

import numpy as np
import pytest

from cloud.indices.air import AirIndex, eight_hour_means, nowcast, rounded, sub_index
from cloud.indices.signal import signal_of, since_before
from tests.cloud.indices.tables import DAY_MS, HOUR_MS, MIDNIGHT, place, table

HOUR, DAY = table("vn_aqi_hour"), table("vn_aqi_day")
assert isinstance(HOUR, AirIndex)

# 2.3 a: PM2.5 from 09:00 to 20:00
DUST = (26.9, 24.7, 20.5, 23.5, 19.5, 16.5, 19.0, 16.5, 20.3, 22.4, 19.6, 20.6)
# 2.2.2 a: O3 from 18:00 of the day before to 0:00, and the means of 8 hours from 1:00 to 0:00
OZONE = (
    *(15.7, 14.2, 17.7, 18.9, 19.3, 15.7, 19.7, 22.6, 27.1, 29.0, 31.9, 25.3, 34.7, 35.2, 41.6, 45.7),
    *(49.2, 55.8, 69.6, 78.3, 91.5, 97.7, 81.2, 71.8, 43.5, 34.3, 21.5, 20.5, 19.4, 20.4, 21.3),
)
OZONE_8H = (
    *(18.0, 19.4, 21.2, 23.0, 23.8, 25.8, 28.2, 30.9, 33.8, 36.6, 39.9, 44.7),
    *(51.3, 58.4, 66.2, 71.1, 74.4, 73.7, 71.0, 65.0, 57.8, 48.7, 39.1, 31.6),
)


def _index(name: str, concentration: float) -> float:
    assert isinstance(HOUR, AirIndex)
    points: tuple[float, ...] = getattr(HOUR.scale, name)
    return float(rounded(sub_index(np.asarray([concentration]), HOUR.index, points))[0])


def test_nowcast_of_the_decision() -> None:
    assert nowcast(np.asarray([DUST[::-1]]))[0] == pytest.approx(20.3, abs=0.05)


@pytest.mark.parametrize(
    ("pollutant", "concentration", "index"),
    [
        pytest.param("o3", 136.1, 43, id="decision_hour_o3"),
        pytest.param("no2", 118.7, 59, id="decision_hour_no2_prints_60_and_computes_to_59.35"),
        pytest.param("pm25", 20.3, 41, id="decision_hour_pm25"),
        pytest.param("o3_8h", 89.3, 45, id="decision_day_o3_8h"),
        pytest.param("o3", 114.6, 36, id="decision_day_o3_1h"),
        pytest.param("no2", 130.8, 65, id="decision_day_no2"),
        pytest.param("pm25", 55.7, 110, id="decision_day_pm25"),
        pytest.param("pm25", 25.0, 50, id="pm25_25"),
        pytest.param("pm25", 65.0, 125, id="pm25_65"),
        pytest.param("pm25", 115.0, 175, id="pm25_115"),
        pytest.param("pm25", 200.0, 250, id="pm25_200"),
        pytest.param("pm10", 100.0, 75, id="pm10_100"),
        pytest.param("pm25", 900.0, 500, id="beyond_the_last_breakpoint"),
    ],
)
def test_sub_indices(pollutant: str, concentration: float, index: int) -> None:
    assert _index(pollutant, concentration) == index


def test_eight_hour_ozone_ends_at_400_and_one_hour_counts_alone() -> None:
    assert np.isnan(_index("o3_8h", 401.0))


def test_eight_hour_means_of_the_decision() -> None:
    first = MIDNIGHT - 6 * HOUR_MS  # 18:00 of the day before
    hours = signal_of([first + place * HOUR_MS for place in range(len(OZONE))], OZONE, HOUR_MS)
    found = eight_hour_means(since_before(hours), np.asarray([MIDNIGHT + DAY_MS]))[0]
    assert found[::-1].tolist() == pytest.approx(OZONE_8H, abs=0.1)  # its hours are printed rounded
    assert np.nanmax(found) == pytest.approx(74.4, abs=0.05)


def test_the_day_of_the_decision() -> None:
    """From hourly means in which the maxima and the mean of the worked example stand."""
    ends = [MIDNIGHT + hour * HOUR_MS for hour in range(-6, 25)]
    ozone = [20.0] * 31
    ozone[18:26] = [80.0, 84.0, 88.0, 92.0, 80.0, 90.0, 85.8, 114.6]  # mean 89.3, highest hour 114.6
    nitrogen = [30.0] * 30 + [130.8]
    day = {"o3": ozone, "no2": nitrogen, "pm25": [55.7] * 31}
    signals = {name: signal_of(ends, values, HOUR_MS) for name, values in day.items()}
    found = DAY.work_out(signals, np.asarray([MIDNIGHT + DAY_MS]), place())
    assert {name: float(found[name][0]) for name in ("aqi", "aqi_o3", "aqi_no2", "aqi_pm25", "main", "band")} == {
        "aqi": 110,
        "aqi_o3": 45,
        "aqi_no2": 65,
        "aqi_pm25": 110,
        "main": 1,
        "band": 3,
    }


def test_the_hour_from_readings_of_five_minutes() -> None:
    """The Decision's afternoon, reported every five minutes; the mean of an hour is told at its end."""
    begin = MIDNIGHT + 8 * HOUR_MS
    times = [begin + step * 300_000 for step in range(1, 12 * 12 + 1)]
    values = [DUST[step // 12] for step in range(12 * 12)]
    gas = signal_of(times, [118.7] * len(times), 1_800_000)
    found = HOUR.work_out(
        {"pm25": signal_of(times, values, 1_800_000), "no2": gas}, np.asarray([MIDNIGHT + 20 * HOUR_MS]), place()
    )
    assert (found["aqi_pm25"][0], found["aqi_no2"][0], found["aqi"][0], found["main"][0]) == (41, 59, 59, 4)


@pytest.mark.parametrize(("known", "is_told"), [((0, 1), True), ((0, 2), True), ((0,), False), ((1, 2, 3, 4), True)])
def test_nowcast_needs_two_of_the_newest_three_hours(known: tuple[int, ...], is_told: bool) -> None:
    hours = np.full((1, 12), np.nan)
    hours[0, list(known)] = 40.0
    assert bool(np.isfinite(nowcast(hours)[0])) is is_told


def test_missing_hours_do_not_lower_nowcast() -> None:
    hours = np.asarray([[80.0, np.nan, 20.0, *[np.nan] * 9]])
    assert nowcast(hours)[0] == pytest.approx((80 + 0.25 * 20) / 1.25)


def test_without_dust_there_is_no_index() -> None:
    times = [MIDNIGHT + step * 300_000 for step in range(13)]
    found = HOUR.work_out({"no2": signal_of(times, [300.0] * 13, 1_800_000)}, np.asarray([times[-1]]), place())
    assert all(np.isnan(column[0]) for column in found.values())


def test_half_an_hour_of_data_is_no_hour() -> None:
    times = [MIDNIGHT + 1_800_000 + step * 300_000 for step in range(1, 7)]
    found = HOUR.work_out({"pm25": signal_of(times, [30.0] * 6, 300_000)}, np.asarray([times[-1]]), place())
    assert np.isnan(found["aqi"][0])


@pytest.mark.parametrize(
    ("index", "band"), [(50, 1), (51, 2), (100, 2), (101, 3), (150, 3), (200, 4), (201, 5), (300, 5), (301, 6)]
)
def test_bands_end_where_the_decision_says(index: int, band: int) -> None:
    assert isinstance(HOUR, AirIndex)
    concentration = float(np.interp(index, HOUR.index, HOUR.scale.pm25))
    times = [MIDNIGHT + step * HOUR_MS for step in range(4)]
    found = HOUR.work_out({"pm25": signal_of(times, [concentration] * 4, HOUR_MS)}, np.asarray([times[-1]]), place())
    assert (found["aqi"][0], found["band"][0]) == (index, band)
