"""The invented physics behaves like weather, rivers, streets and halls."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.hall import Hall, hall_at, is_open, visits
from simulators.signals import (
    DAY_S,
    HOUR_S,
    Shower,
    diurnal,
    humidity_pct,
    lamp_share,
    lights_on,
    noise,
    pm25_ug_m3,
    rain_rate_mm_h,
    rain_total_mm,
    river_level_m,
    showers,
    surface_velocity_m_s,
    temperature_c,
    unit_hydrograph,
    voltage_v,
)

STORM = (Shower(10 * HOUR_S, 3 * HOUR_S, 120.0),)
moments = st.floats(0, 30 * DAY_S)
seeds = st.integers(0, 2**31)


@given(seeds, moments)
def test_noise_is_bounded_smooth_and_the_same_again(seed: int, moment: float) -> None:
    value = noise(seed, moment, period_s=60)
    assert -1 <= value <= 1
    assert value == noise(seed, moment, period_s=60)
    assert abs(noise(seed, moment + 0.6, period_s=60) - value) < 0.05


def test_it_is_warmest_after_noon() -> None:
    assert diurnal(14 * HOUR_S, mean=26, swing=4, peak_h=14) == pytest.approx(30)
    assert diurnal(2 * HOUR_S, mean=26, swing=4, peak_h=14) == pytest.approx(22)
    assert temperature_c(1, 14 * HOUR_S) > temperature_c(1, 4 * HOUR_S) + 5
    assert humidity_pct(1, 14 * HOUR_S) < humidity_pct(1, 4 * HOUR_S)


def test_rain_falls_in_whole_tips_and_never_upwards() -> None:
    totals = [rain_total_mm(STORM, hour * HOUR_S / 4) for hour in range(80)]
    assert totals == sorted(totals)
    assert totals[0] == 0
    assert totals[-1] == pytest.approx(120.0)
    assert all(math.isclose(total / 0.2, round(total / 0.2), abs_tol=1e-6) for total in totals)
    assert rain_rate_mm_h(STORM, 11.5 * HOUR_S) == pytest.approx(120 * math.pi / 2 / 3)
    assert rain_rate_mm_h(STORM, 14 * HOUR_S) == 0


@given(seeds)
def test_showers_are_the_same_for_the_same_seed(seed: int) -> None:
    rain = showers(seed, days=5)
    assert rain == showers(seed, days=5)
    assert all(shower.total_mm > 0 and shower.duration_s >= 0.5 * HOUR_S for shower in rain)


def test_what_falls_on_the_hills_passes_the_gauge() -> None:
    passed = sum(unit_hydrograph(second * 60.0, peak_s=9 * HOUR_S) * 60 for second in range(10 * 24 * 60))
    assert passed == pytest.approx(1.0, abs=0.01)
    assert unit_hydrograph(-1, peak_s=9 * HOUR_S) == 0


def test_the_river_rises_hours_after_the_rain_and_falls_slowly() -> None:
    levels = {hour: river_level_m(STORM, hour * HOUR_S) for hour in range(0, 120)}
    peak = max(levels, key=lambda hour: levels[hour])
    assert levels[0] == pytest.approx(26.5)
    assert 16 <= peak <= 23
    assert levels[peak] == pytest.approx(26.5 + 0.06 * 120, rel=0.05)
    assert levels[peak] - levels[peak - 6] > levels[peak] - levels[peak + 6]
    assert levels[119] < 27.0
    assert surface_velocity_m_s(levels[peak]) > surface_velocity_m_s(levels[0]) > 0
    assert surface_velocity_m_s(20.0) == 0


def test_dust_has_two_peaks_a_day() -> None:
    hourly = [sum(pm25_ug_m3(seed, hour * HOUR_S) for seed in range(20)) / 20 for hour in range(24)]
    assert max(hourly[5:10]) > 1.5 * hourly[13] < max(hourly[17:21])


def test_street_lights_keep_their_hours() -> None:
    assert [lights_on(hour * HOUR_S) for hour in (17.9, 18, 23, 29.4, 29.5)] == [False, True, True, True, False]
    assert [lamp_share(hour * HOUR_S) for hour in (12, 19, 23.5, 4)] == [0.0, 1.0, 0.5, 0.5]
    assert voltage_v(1, 19.5 * HOUR_S) < voltage_v(1, 4 * HOUR_S)


def test_people_queue_and_go_home() -> None:
    day = visits(7)
    assert day == visits(7)
    assert all(visit.arrived_s <= visit.called_s < visit.left_s for visit in day)
    assert 60 < len(day) < 250
    before: Hall | None = None
    for minute in range(0, 20 * 60, 5):
        hall = hall_at(day, minute * 60.0)
        assert hall.served + hall.waiting <= hall.tickets
        assert hall.tickets >= (before.tickets if before else 0)
        assert 1 <= hall.rating <= 5
        assert (hall.wait_min > 0) <= (hall.waiting > 0)
        assert hall.counters_open == (4 if is_open(minute * 60.0) else 0)
        before = hall
    assert hall_at(day, 20 * HOUR_S).served == len(day)
    assert hall_at(visits(7, day=1), DAY_S + 12 * HOUR_S).tickets > 0
