"""Water, rooms, vaccines and power: against their limits, and against figures that can be worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cloud.indices.comfort import discomfort
from cloud.indices.power import unbalance
from cloud.indices.signal import Signal, signal_of
from cloud.indices.water import WaterClassIndex, water_class
from tests.cloud.indices.tables import HOUR_MS, MIDNIGHT, place, table

MINUTE = 60_000
WATER, COMFORT, COLD, POWER = table("water_class"), table("comfort"), table("cold_chain"), table("power_quality")
NOON = np.asarray([MIDNIGHT + 12 * HOUR_MS], dtype=np.int64)


def _flat(value: float, *, hours: int = 72, step: int = 10 * MINUTE, hold: int = 30 * MINUTE) -> Signal:
    """The same value up to noon, every ten minutes."""
    times = list(range(int(NOON[0]) - hours * HOUR_MS, int(NOON[0]) + 1, step))
    return signal_of(times, [value] * len(times), hold)


def _steps(*parts: tuple[float, float], hold: int = 20 * MINUTE) -> Signal:
    """Values that last for so many minutes, one after the other, up to noon; a reading every five."""
    values = [value for minutes, value in parts for _ in range(round(minutes / 5))]
    times = [int(NOON[0]) - (len(values) - number) * 5 * MINUTE for number in range(len(values))]
    return signal_of(times, values, hold)


def _one(found: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float64]]], name: str) -> float:
    return float(found[name][0])


@pytest.mark.parametrize(
    ("parameter", "values"),
    [
        ("ph", {6.5: 1, 8.5: 1, 6.4: 2, 6.0: 2, 5.9: 4, 8.6: 4}),
        ("do", {6.0: 1, 5.9: 2, 5.0: 2, 4.9: 3, 4.0: 3, 3.9: 4, 1.0: 4}),
        ("bod", {4.0: 1, 4.1: 2, 6.1: 3, 10.1: 4}),
        ("cod", {10.0: 1, 10.1: 2, 15.1: 3, 20.1: 4}),
        ("toc", {4.0: 1, 4.1: 2, 6.1: 3, 8.1: 4}),
        ("tss", {25.0: 1, 25.1: 2, 100.0: 2, 100.1: 3, 4000.0: 3}),  # D needs floating waste
        ("tp", {0.1: 1, 0.11: 2, 0.31: 3, 0.51: 4}),
        ("tn", {0.6: 1, 0.61: 2, 1.51: 3, 2.01: 4}),
        ("coliform", {1000.0: 1, 1001.0: 2, 5001.0: 3, 7501.0: 4}),
        ("faecal", {200.0: 1, 201.0: 2, 1001.0: 3, 1501.0: 4}),
    ],
)
def test_classes_of_qcvn_08(parameter: str, values: dict[float, int]) -> None:
    assert isinstance(WATER, WaterClassIndex)
    limit = WATER.river[parameter]
    assert {value: int(water_class(np.asarray([value]), limit)[0]) for value in values} == values


def test_the_class_is_that_of_the_worst_and_a_flood_is_no_pollution() -> None:
    river = {"ph": _flat(7.2), "do": _flat(5.5), "tss": _flat(900.0), "cod": _flat(9.0), "nh4": _flat(0.31)}
    found = WATER.work_out(river, NOON, place())
    assert (_one(found, "water_class"), _one(found, "worst"), _one(found, "class_without_tss")) == (3, 6, 2)
    assert (_one(found, "parameters"), _one(found, "nh4_over")) == (4, 1)


def test_a_lake_is_clearer() -> None:
    found = WATER.work_out({"tss": _flat(10.0)}, NOON, place(water="lake"))
    assert _one(found, "water_class") == 2
    assert _one(WATER.work_out({"tss": _flat(10.0)}, NOON, place()), "water_class") == 1


@pytest.mark.parametrize(("ppm", "name"), [(600, 1), (1000, 1), (1001, 2), (1501, 3), (2501, 4)])
def test_classes_of_co2(ppm: float, name: int) -> None:
    assert _one(COMFORT.work_out({"co2": _flat(ppm)}, NOON, place()), "co2_class") == name


def test_stuffy_minutes_of_the_day_and_how_it_feels() -> None:
    room = {"co2": _steps((720 - 90, 700.0), (90, 1200.0)), "temp": _flat(32.0), "rh": _flat(70.0)}
    found = COMFORT.work_out(room, NOON, place())
    assert _one(found, "stuffy_min") == 90
    assert _one(found, "discomfort") == pytest.approx(32 - 0.55 * 0.3 * 17.5, abs=0.05)
    assert _one(found, "discomfort_class") == 5
    assert discomfort(np.asarray([25.0]), np.asarray([100.0]))[0] == 25


def test_a_fridge_that_keeps_its_temperature() -> None:
    found = COLD.work_out({"temp": _flat(5.0)}, NOON, place())
    assert (_one(found, "exposure"), _one(found, "warm_min_24h"), _one(found, "known_pct")) == (0, 0, 100)
    assert _one(found, "mkt_24h") == pytest.approx(5.0, abs=0.01)


@pytest.mark.parametrize(
    ("parts", "state"),
    [
        pytest.param([(1440, 5.0), (20, 8.5), (60, 5.0)], 1, id="warm_for_twenty_minutes"),
        pytest.param([(1440, 5.0), (20, 1.5), (60, 5.0)], 1, id="cold_for_twenty_minutes"),
        pytest.param([(1440, 5.0), (5, -0.2), (60, 5.0)], 2, id="touched_zero"),
        pytest.param([(1440, 5.0), (595, 9.0), (60, 5.0)], 1, id="warm_for_less_than_ten_hours"),
        pytest.param([(1440, 5.0), (600, 8.0), (60, 5.0)], 3, id="warm_for_ten_hours"),
        pytest.param([(1440, 5.0), (55, -0.5), (60, 5.0)], 2, id="frozen_for_less_than_an_hour"),
        pytest.param([(1440, 5.0), (60, -0.5), (60, 5.0)], 4, id="frozen_for_an_hour"),
        pytest.param([(300, 5.0), (600, 9.0), (1500, 5.0)], 0, id="a_day_later_it_is_over"),
    ],
)
def test_states_of_exposure(parts: list[tuple[float, float]], state: int) -> None:
    assert _one(COLD.work_out({"temp": _steps(*parts)}, NOON, place()), "exposure") == state


def test_how_long_it_lasts_now_and_a_gap_breaks_it() -> None:
    found = COLD.work_out({"temp": _steps((1440, 5.0), (150, 9.0))}, NOON, place())
    assert (_one(found, "heat_h"), _one(found, "warm_min_24h")) == (2.5, 150)
    gap = signal_of([int(NOON[0]) - 3 * HOUR_MS, int(NOON[0]) - 5 * MINUTE], [9.0, 9.0], 20 * MINUTE)
    assert _one(COLD.work_out({"temp": gap}, NOON, place()), "heat_h") == pytest.approx(5 / 60, abs=0.01)


def test_the_kinetic_mean_leans_to_the_warm_hours() -> None:
    """Half a day at 5 °C and half at 25 °C: by hand from the formula of USP <1079.2>."""
    heat = 83.144 / 8.314462618e-3
    rate = (math.exp(-heat / 278.15) + math.exp(-heat / 298.15)) / 2
    found = COLD.work_out({"temp": _steps((720, 5.0), (720, 25.0))}, NOON, place())
    assert _one(found, "mkt_24h") == pytest.approx(heat / -math.log(rate) - 273.15, abs=0.01)
    assert _one(found, "mkt_24h") > 19


def test_nothing_is_said_of_a_fridge_that_is_silent() -> None:
    found = COLD.work_out({"temp": _flat(5.0)}, NOON + HOUR_MS, place())
    assert all(np.isnan(figure[0]) for figure in found.values())


@pytest.mark.parametrize(
    ("volts", "state"), [(230.0, 0), (218.5, 0), (218.4, 1), (241.5, 0), (241.6, 1), (207.0, 1), (206.9, 2), (253.1, 2)]
)
def test_voltage_against_the_limits_of_the_circular(volts: float, state: int) -> None:
    found = POWER.work_out({"u1": _flat(volts), "u2": _flat(230.0), "u3": _flat(230.0)}, NOON, place())
    assert _one(found, "state") == state


@pytest.mark.parametrize(
    ("word", "value", "state"),
    [("thd", 8.0, 0), ("thd", 8.1, 1), ("pf", 0.9, 0), ("pf", 0.89, 1), ("frequency", 49.8, 0), ("frequency", 50.3, 1)],
)
def test_harmonics_power_factor_and_frequency(word: str, value: float, state: int) -> None:
    assert _one(POWER.work_out({"u1": _flat(230.0), word: _flat(value)}, NOON, place()), "state") == state


def test_unbalance_by_magnitudes() -> None:
    """NEMA MG 1: 460, 467 and 450 V are 1.96 % out of balance."""
    assert unbalance(np.asarray([[460.0], [467.0], [450.0]]))[0] == pytest.approx(1.96, abs=0.005)


def test_the_share_of_the_day_with_good_voltage() -> None:
    phase = _steps((720, 230.0), (360, 215.0), (360, 232.0), hold=20 * MINUTE)
    found = POWER.work_out({"u1": phase, "u2": _flat(230.0), "u3": _flat(230.0)}, NOON, place())
    assert _one(found, "good_24h_pct") == 75
