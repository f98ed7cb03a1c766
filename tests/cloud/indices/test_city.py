"""Lamps, water, service and cameras: against figures that can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from cloud.index_files import read_indices
from cloud.indices.air import AirScale
from cloud.indices.registry import KINDS
from cloud.indices.risk import RainBand
from cloud.indices.signal import Signal, signal_of
from cloud.indices.supply import non_revenue
from cloud.indices.table import IndexTable, Intake
from cloud.indices.water import Limit
from device_profiles.load import FileFaultsError, load_catalogue
from tests.cloud.indices.tables import DAY_MS, FOLDER, HOUR_MS, MIDNIGHT, indices, place, table
from tests.readme_check import assert_documented

MINUTE = 60_000
LAMPS, LOSS, QUEUE = table("lamp_energy"), table("water_loss"), table("queue")
SATISFACTION, CAMERA = table("satisfaction"), table("camera")


def _plan(begin: int, *parts: tuple[float, float], step: int = 10 * MINUTE, hold: int = 45 * MINUTE) -> Signal:
    """Values for so many hours one after the other, a reading every ten minutes."""
    values = [value for hours, value in parts for _ in range(round(hours * HOUR_MS / step))]
    return signal_of([begin + number * step for number in range(len(values))], values, hold)


def _one(found: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float64]]], name: str) -> float:
    return float(found[name][0])


def _at(*times: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    return np.asarray(times, dtype=np.int64)


def test_a_night_that_is_dimmed_after_23_hours() -> None:
    """18:00 to 23:00 at 4 kW, to 05:30 at 2 kW: 33 kWh of 46."""
    noon = MIDNIGHT - 12 * HOUR_MS
    night = _plan(noon, (6, 5.0), (5, 4000.0), (6.5, 2000.0), (6.5, 5.0))
    found = LAMPS.work_out({"power": night}, _at(noon + DAY_MS), place())
    assert {name: _one(found, name) for name in found} == {
        "lit_h": 11.5, "used_kwh": 33.0, "full_kwh": 46.0, "saved_kwh": 13.0, "saved_pct": 28.3,
    }  # fmt: skip
    rated = LAMPS.work_out({"power": night}, _at(noon + DAY_MS), place(lamps_rated_w=5000))
    assert _one(rated, "full_kwh") == 57.5


def test_half_a_night_of_readings_is_no_night() -> None:
    noon = MIDNIGHT - 12 * HOUR_MS
    found = LAMPS.work_out({"power": _plan(noon, (10, 4000.0))}, _at(noon + DAY_MS), place())
    assert np.isnan(_one(found, "used_kwh"))


def _zone(*nights: float) -> Signal:
    """Days with 30 m³/h, and a flow between 1 and 5 o'clock of each; the last one ends at midnight."""
    parts = [part for night in nights for part in ((1, 30.0), (4, night), (19, 30.0))]
    return _plan(MIDNIGHT - len(nights) * DAY_MS, *parts)


def test_water_that_nobody_bought() -> None:
    """20 × 30 + 4 × 10 = 640 m³; (10 − 200 × 1.7 l/h) × 20 h = 193.2 m³ lost."""
    found = LOSS.work_out({"flow": _zone(*[8.0] * 7, 10.0)}, _at(MIDNIGHT), place(connections=200))
    assert {name: _one(found, name) for name in found} == {
        "volume_m3": 640.0, "night_flow": 10.0, "night_growth_pct": 25.0, "loss_m3": 193.2, "nrw_pct": 30.2,
    }  # fmt: skip


def test_without_connections_a_share_of_the_day_is_legitimate() -> None:
    found = LOSS.work_out({"flow": _zone(10.0)}, _at(MIDNIGHT), place())
    assert _one(found, "loss_m3") == pytest.approx((10 - 640 / 24 * 0.08) * 20, abs=0.06)
    assert np.isnan(_one(found, "night_growth_pct"))


@pytest.mark.parametrize(("supplied", "sold", "lost"), [(1000, 820, 18), (1000, 1000, 0)])
def test_non_revenue_water_of_what_is_billed(supplied: float, sold: float, lost: float) -> None:
    assert non_revenue(np.asarray([supplied]), np.asarray([sold]))[0] == pytest.approx(lost)


def test_waiting_counts_while_a_desk_is_open() -> None:
    """Closed until 8 with a forgotten ticket of 40 min; then 10 min for two hours and 20 min for one."""
    wait = _plan(MIDNIGHT, (8, 40.0), (2, 10.0), (1, 20.0))
    desk = _plan(MIDNIGHT, (8, 0.0), (3, 3.0))
    served = _plan(MIDNIGHT, (8, 0.0), (1, 12.0), (1, 30.0), (1, 45.0))
    found = QUEUE.work_out({"wait": wait, "open": desk, "served": served}, _at(MIDNIGHT + 11 * HOUR_MS), place())
    assert (_one(found, "wait_1h"), _one(found, "wait_today"), _one(found, "within_target_pct")) == (20, 13.3, 66.7)
    assert (_one(found, "served_today"), _one(found, "wait_max_1h")) == (45, 20)
    closed = QUEUE.work_out({"wait": wait, "open": desk}, _at(MIDNIGHT + 7 * HOUR_MS), place())
    assert np.isnan(_one(closed, "within_target_pct"))


def test_the_last_fifty_scores() -> None:
    scores = [5.0] * 20 + [1.0] * 5 + [4.0] * 45
    times = [MIDNIGHT + number * MINUTE for number in range(1, 71)]
    found = SATISFACTION.work_out({"score": signal_of(times, scores, HOUR_MS)}, _at(times[-1], times[8]), place())
    assert found["satisfied_pct"].tolist() == pytest.approx([90, np.nan], nan_ok=True)
    assert found["scores_today"].tolist() == [70, 9]
    assert _one(found, "score_today") == pytest.approx(285 / 70, abs=0.005)


def test_a_camera_that_is_away_frozen_or_unknown() -> None:
    """Of an hour: 30 min fine, 6 min away, 12 min frozen, and 12 min of which nothing is known."""
    step, begin = MINUTE, MIDNIGHT
    online = _plan(begin, (0.5, 1.0), (0.1, 0.0), (0.2, 1.0), step=step, hold=MINUTE)
    frozen = signal_of([begin, begin + 36 * MINUTE], [0.0, 1.0], HOUR_MS)
    found = CAMERA.work_out({"online": online, "frozen": frozen}, _at(begin + HOUR_MS), place())
    assert _one(found, "known_1h_pct") == 80
    assert _one(found, "online_1h_pct") == pytest.approx(100 * 42 / 48, abs=0.01)
    assert _one(found, "usable_1h_pct") == pytest.approx(100 * 30 / 48, abs=0.01)
    assert np.isnan(_one(found, "online_24h_pct")), "an hour is not a day"


def test_a_silent_camera_is_neither_there_nor_away() -> None:
    online = signal_of([MIDNIGHT - 2 * HOUR_MS], [1.0], 3 * MINUTE)
    found = CAMERA.work_out({"online": online}, _at(MIDNIGHT), place())
    assert (_one(found, "known_1h_pct"), np.isnan(_one(found, "online_1h_pct"))) == (0, True)


def test_every_index_file_fits_the_catalogue_and_every_result_has_its_point() -> None:
    for profile, specs in indices().specs.items():
        for spec in specs:
            signals = {word: signal_of([MIDNIGHT, MIDNIGHT + MINUTE], [1.0, 2.0], HOUR_MS) for word in spec.points}
            attributes = {"flood_level_1_m": 1.0, "flood_level_2_m": 2.0, "flood_level_3_m": 3.0}
            with np.errstate(invalid="ignore"):
                results = spec.table.work_out(signals, _at(MIDNIGHT + MINUTE), place(**attributes))
            known = {point.key for point in spec.target.points}
            assert results.keys() <= known, (profile, spec.table.id)


def test_the_readme_names_every_key_of_every_kind() -> None:
    assert_documented("cloud/indices", IndexTable, Intake, AirScale, RainBand, Limit, *KINDS)


def test_every_fault_of_every_file_is_named_at_once() -> None:
    good = (FOLDER / "rain.toml").read_text(encoding="utf-8")
    files = {
        "indices/rain.toml": good.replace('rain = "rain_mm"', 'rian = "rain_mn"').replace(
            "step_s = 600", "step_s = 700"
        ),
        "indices/other.toml": good.replace("index_rain", "air_node"),
        "indices/broken.toml": "id =",
        "indices/rain2.toml": good.replace('id = "rain"', 'id = "rain2"').replace(
            'rain = "rain_mm"', 'rian = "rain_mn"'
        ),
    }
    with pytest.raises(FileFaultsError) as caught:
        read_indices(files, load_catalogue())
    said = str(caught.value)
    for word in (
        "step_s must divide a day",
        "'rain' is not the file's name",
        "'air_node' is no derived profile",
        "broken.toml",
        "this index knows no such word",
        "has no point 'rain_mn'",
        "'rain' is missing",
    ):
        assert word in said, word
