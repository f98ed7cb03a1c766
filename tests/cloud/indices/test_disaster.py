"""Rain sums and classes, hints of risk, rise of rivers: against the tables that the facts were taken from."""

from __future__ import annotations

import numpy as np
import pytest

from cloud.indices.rain import RainIndex, rain_class
from cloud.indices.signal import Signal, signal_of
from tests.cloud.indices.tables import DAY_MS, HOUR_MS, MIDNIGHT, place, table

STEP = 600_000
RAIN, RISK, RIVER = table("rain"), table("rain_risk"), table("river")


def _rain(*days: float, until: int = MIDNIGHT) -> Signal:
    """So much rain on each of the days before a time, evenly, reported every ten minutes; the last day comes last."""
    begin = until - len(days) * DAY_MS
    times = [begin + number * STEP for number in range(1, len(days) * 144 + 1)]
    return signal_of(times, [days[number // 144] / 144 for number in range(len(times))], HOUR_MS)


def _one(found: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float64]]], name: str) -> float:
    return float(found[name][0])


def test_sums_of_an_even_rain() -> None:
    found = RAIN.work_out({"rain": _rain(14.4, 14.4, 72.0)}, np.asarray([MIDNIGHT]), place())
    sums = {name: round(_one(found, name), 6) for name in found if name.startswith(("r_", "day"))}
    assert sums == {
        "r_1h": 3, "r_3h": 9, "r_6h": 18, "r_12h": 36, "r_24h": 72, "r_48h": 86.4, "r_72h": 100.8,
        "day_07h": 51, "day_19h": 15,
    }  # fmt: skip
    assert (_one(found, "class_24h"), _one(found, "class_12h"), _one(found, "known_pct")) == (4, 4, 100)


def test_the_day_of_the_weather_service_ends_at_19_hours() -> None:
    """1 mm every ten minutes: at 19:00 the whole day is told, ten minutes later the next one has begun."""
    at = np.asarray([MIDNIGHT - 5 * HOUR_MS, MIDNIGHT - 5 * HOUR_MS + STEP])
    found = RAIN.work_out({"rain": _rain(144.0, 144.0)}, at, place())
    assert found["day_19h"].tolist() == pytest.approx([144, 1])


@pytest.mark.parametrize(
    ("day_mm", "half_mm", "name"),
    [
        (0, 0, 0),
        (5.9, 2.9, 1),
        (6, 3, 2),
        (15.9, 7.9, 2),
        (16, 8, 3),
        (50, 25, 3),
        (51, 26, 4),
        (100, 50, 4),
        (101, 51, 5),
    ],
)
def test_classes_of_rain(day_mm: float, half_mm: float, name: int) -> None:
    assert isinstance(RAIN, RainIndex)
    assert rain_class(np.asarray([day_mm]), RAIN.class_24h_mm)[0] == name
    assert rain_class(np.asarray([half_mm]), RAIN.class_12h_mm)[0] == name


def test_what_a_gauge_did_not_say_is_not_dry() -> None:
    times = [MIDNIGHT - 2 * HOUR_MS, MIDNIGHT - STEP, MIDNIGHT]
    found = RAIN.work_out({"rain": signal_of(times, [4.0, 1.0, 1.0], HOUR_MS)}, np.asarray([MIDNIGHT]), place())
    assert _one(found, "r_24h") == 6
    assert np.isnan(_one(found, "class_24h"))


# Art. 46, region 1: 24 h rain, days of rain, zone -> level; art. 44: level of heavy rain
RISKS = [
    ((90,), "high", 0, 0),
    ((120,), "low", 1, 1),
    ((120,), "medium", 1, 1),
    ((120,), "high", 1, 2),
    ((120,), "very_high", 1, 2),
    ((20, 20, 120), "high", 2, 2),
    ((250,), "high", 2, 2),  # not three days yet: the row of 100 to 200 mm
    ((20, 20, 250), "low", 3, 1),
    ((20, 20, 250), "medium", 3, 2),
    ((20, 20, 250), "high", 3, 3),
    ((20, 20, 450), "low", 4, 2),
    ((20, 20, 450), "very_high", 4, 3),
    ((450,), "high", 3, 2),
]


@pytest.mark.parametrize(("days", "zone", "heavy", "slide"), RISKS)
def test_hints_from_rain(days: tuple[float, ...], zone: str, heavy: int, slide: int) -> None:
    here = place(landslide_zone=zone)
    found = RISK.work_out({"rain": _rain(*(0.0,) * (5 - len(days)), *days)}, np.asarray([MIDNIGHT]), here)
    assert (_one(found, "rain_risk"), _one(found, "slide_risk")) == (heavy, slide)


YEN_BAI = {"flood_level_1_m": 30.0, "flood_level_2_m": 31.0, "flood_level_3_m": 32.0, "flood_peak_m": 34.42}


@pytest.mark.parametrize(
    ("metres", "zone", "risk"),
    [
        (29.22, 2, 0), (30.0, 1, 1), (30.5, 3, 1), (31.13, 1, 1), (31.13, 2, 2), (31.64, 3, 2), (32.8, 2, 2),
        (32.8, 3, 3), (33.0, 2, 3), (33.69, 2, 3), (35.73, 2, 4),
    ],
)  # fmt: skip
def test_hints_from_the_level_of_one_basin(metres: float, zone: int, risk: int) -> None:
    """32.8 m at Yên Bái on 20 August 2016 was announced as level 2."""
    found = RIVER.work_out(
        {"level": signal_of([MIDNIGHT], [metres], HOUR_MS)}, np.asarray([MIDNIGHT]), place(**YEN_BAI, flood_zone=zone)
    )
    assert _one(found, "flood_risk") == risk
    assert _one(found, "above_bd2") == pytest.approx(metres - 31)


def test_a_station_with_half_a_table_gets_no_hint() -> None:
    level = signal_of([MIDNIGHT], [50.0], HOUR_MS)
    found = RIVER.work_out({"level": level}, np.asarray([MIDNIGHT]), place(flood_level_1_m=44.5))
    assert "flood_risk" not in found
    assert _one(found, "above_bd1") == 5.5


def test_rises_and_the_peak() -> None:
    times = [MIDNIGHT + hour * HOUR_MS // 2 for hour in range(49)]
    level = signal_of(times, [28 + 0.1 * min(step, 40) for step in range(49)], HOUR_MS)
    found = RIVER.work_out({"level": level}, np.asarray([times[40], times[48]]), place())
    assert found["rise_1h"].tolist() == pytest.approx([0.2, 0.0])
    assert found["rise_6h"].tolist() == pytest.approx([1.2, 0.4])
    assert found["peak_24h"].tolist() == pytest.approx([32.0, 32.0])
