"""A flood and a smoky morning for the pages of disaster and environment: more devices for the sample province."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from cloud.api.views import DeviceView, PointView
from cloud.disaster.evacuation import written
from cloud.store.disaster_port import BulletinRow, EvacuationLine, EvacuationRow
from device_profiles.schema import Text
from device_profiles.wire.messages import Cell
from tests.cloud.api.fake_centre import FakeCentre
from tests.cloud.api.sample_fleet import HOUR_MS, PROFILES
from tests.cloud.marks import mark

Values = Mapping[str, Cell]
RAIN = (
    ("rain-mu-cang-chai", "gw-mcc", "Mưa Mù Cang Chải", (0.4, 3.2, 11.0, 24.6, 61.2, 88.4, 102.6), 4, 100.0),
    ("rain-tram-tau", "gw-nghia-lo", "Mưa Trạm Tấu", (34.2, 71.8, 118.0, 166.4, 214.6, 251.0, 283.2), 5, 98.6),
    ("rain-nghia-lo", "gw-nghia-lo", "Mưa Nghĩa Lộ", (12.4, 30.2, 44.0, 70.8, 96.2, 120.4, 133.0), 4, 97.2),
    ("rain-luc-yen", "gw-thac-ba", "Mưa Lục Yên", (0.0, 0.0, 0.0, 0.2, 1.4, 1.4, 6.0), 1, 100.0),
    ("rain-van-yen", "gw-thao", "Mưa Văn Yên", (None, None, None, None, None, None, None), None, 12.0),
)
LEVELS = {
    ("lake-thac-ba", "level_up_m"): (
        mark("lake", "58 m", 58.0, 2),
        mark("lake", "61 m", 61.0, 1),
    ),
    ("lake-thac-ba", "gates_open"): (mark("gates", "1", 1, 2),),
    ("sonde-thao", "nh4_mg_l"): (mark("ammonium", "0.3", 0.3, 3),),
    **{
        (f"slope-{name}", "tilt_rate_deg_h"): (
            mark("tilt", "0.1", 0.1, 2),
            mark("tilt", "0.5", 0.5, 1),
        )
        for name in ("tram-tau-1", "tram-tau-2", "khau-pha-1")
    },
}
HOURS = (1, 3, 6, 12, 24, 48, 72)


def add_situation(centre: FakeCentre) -> None:
    """Puts everything into the sample province."""
    now = centre.clock.now_ms()
    for view in (*_lake(now), *_rain(now), *_slopes(now), *_air(now), *_water(now)):
        centre.introduce(view)
    river = made(
        now, "gw-thao", "gauge-yen-bai.river", "Cường suất Yên Bái", "index_river",
        {"rise_1h": 0.23, "rise_3h": 0.66, "rise_6h": 1.31, "rise_24h": 5.2, "peak_24h": 31.42, "flood_risk": 1},
    )  # fmt: skip
    centre.introduce(replace(river, source="gauge-yen-bai"))
    centre.levels |= LEVELS
    for rule in sorted(Path("deploy/rules").glob("rain_*h.toml")):
        shutil.copy(rule, centre.sample_rules.folder)
    centre.sample_rules.opened_again()
    _bulletins(centre, now)
    _evacuation(centre, now)


def made(now: int, gateway: str, device: str, name: str, profile: str, values: Values) -> DeviceView:
    """A device with its points as they were read a minute ago; what has no value was never read."""
    points = tuple(
        PointView(
            point.key, point.name, point.unit, point.type, value=values.get(point.key),
            freshness="never" if values.get(point.key) is None else "measured",
            observed_at=None if values.get(point.key) is None else now - 60_000,
            received_at=None if values.get(point.key) is None else now - 59_000, stale_after_ms=45 * 60_000,
        )
        for point in PROFILES[profile].points
    )  # fmt: skip
    site = {"gw-thao": "site-cau-yen-bai", "gw-pvhcc": "site-pvhcc", "gw-thac-ba": "site-thac-ba"}.get(gateway)
    place = site or {"gw-nghia-lo": "site-nghia-lo", "gw-mcc": "site-mu-cang-chai"}[gateway]
    return DeviceView(gateway, device, Text(vi=name, en=name), profile, place, read_at=now - 60_000, points=points)


def _lake(now: int) -> list[DeviceView]:
    values = {"level_up_m": 58.97, "level_down_m": 24.1, "q_in_m3_s": 1984.0, "q_out_m3_s": 2450.0,
              "q_turbine_m3_s": 276.0, "gates_open": 2, "volume_mcm": 2904.0}  # fmt: skip
    return [made(now, "gw-thac-ba", "lake-thac-ba", "Hồ Thác Bà", "reservoir", values)]


def _rain(now: int) -> list[DeviceView]:
    found = []
    for device, gateway, name, sums, grade, known in RAIN:
        values: dict[str, Cell] = {f"r_{hours}h": value for hours, value in zip(HOURS, sums, strict=True)}
        values |= {"class_24h": grade, "known_pct": known}
        found.append(made(now, gateway, device, name, "rain_gauge_tipping", {"rain_mm": 0.2}))
        found.append(replace(made(now, gateway, f"{device}.rain", name, "index_rain", values), source=device))
    risk = made(now, "gw-nghia-lo", "rain-tram-tau.risk", "Gợi ý", "index_rain_risk", {"slide_risk": 2, "rain_risk": 2})
    return [*found, replace(risk, source="rain-tram-tau")]


def _slopes(now: int) -> list[DeviceView]:
    moving = {"tilt_rate_deg_h": 0.18, "crack_mm": 41.2, "soil_sat_pct": 93.0, "pore_kpa": 12.4}
    still = {"tilt_rate_deg_h": 0.01, "crack_mm": 3.0, "soil_sat_pct": 71.0, "pore_kpa": -4.0}
    return [
        made(now, "gw-nghia-lo", "slope-tram-tau-1", "Nút 1 Trạm Tấu", "landslide_node", moving),
        made(now, "gw-nghia-lo", "slope-tram-tau-2", "Nút 2 Trạm Tấu", "landslide_node", still),
        made(now, "gw-mcc", "slope-khau-pha-1", "Nút 1 Khau Phạ", "landslide_node", {}),
    ]


def _air(now: int) -> list[DeviceView]:
    station = made(
        now, "gw-pvhcc", "station-yen-bai", "Trạm không khí Yên Bái", "air_station",
        {"pm25": 92.4, "pm10": 131.0, "so2": 18.2, "no2": 44.0, "o3": 61.0, "co": 1240.0, "temp_c": 18.4, "rh": 88.0},
    )  # fmt: skip
    hour = {"aqi": 159, "band": 4, "main": 1, "aqi_pm25": 159, "aqi_pm10": 90, "aqi_so2": 7, "aqi_no2": 22,
            "aqi_co": 6, "aqi_o3": 19}  # fmt: skip
    day = {"aqi": 121, "band": 3, "main": 1, "aqi_pm25": 121, "aqi_pm10": 74}
    node = {"aqi": 78, "band": 2, "main": 1, "aqi_pm25": 78, "aqi_pm10": 52}
    return [
        station,
        replace(made(now, "gw-pvhcc", "station-yen-bai.h", "AQI giờ", "index_vn_aqi_hour", hour), source=station.id),
        replace(made(now, "gw-pvhcc", "station-yen-bai.d", "AQI ngày", "index_vn_aqi_day", day), source=station.id),
        replace(made(now, "gw-pvhcc", "air-yen-bai.h", "AQI giờ", "index_vn_aqi_hour", node), source="air-yen-bai"),
        made(now, "gw-mcc", "air-mcc", "Không khí Mù Cang Chải", "air_node", {}),
        made(now, "gw-mcc", "class-mcc", "Lớp 1A Mù Cang Chải", "classroom_iaq", {"pm25": 15.0, "co2_ppm": 900.0}),
    ]


def _water(now: int) -> list[DeviceView]:
    values = {"temp_c": 27.1, "ph": 7.2, "do_mg_l": 4.4, "tss_mg_l": 840.0, "ec_us_cm": 212.0, "cod_mg_l": 13.1,
              "nh4_mg_l": 0.41}  # fmt: skip
    sonde = made(now, "gw-thao", "sonde-thao", "Nước sông Thao", "water_sonde", values)
    grade = {"water_class": 3, "worst": 6, "class_without_tss": 3, "parameters": 5, "nh4_over": True}
    return [
        sonde,
        replace(made(now, "gw-thao", "sonde-thao.class", "Mức", "index_water_class", grade), source=sonde.id),
        made(now, "gw-thac-ba", "sonde-thac-ba", "Nước hồ Thác Bà", "water_sonde", {}),
    ]


def _bulletins(centre: FakeCentre, now: int) -> None:
    centre.disaster.store.put_bulletin(
        BulletinRow(
            "01", now - HOUR_MS, "lan", "Đài Khí tượng Thủy văn tỉnh", "LULU-12/09h30", "flood", 3, "",
            now - 2 * HOUR_MS, now + 10 * HOUR_MS, "Tin lũ khẩn cấp trên sông Thao",
            "Lúc 09 giờ, mực nước sông Thao tại Yên Bái là 31,40 m, trên báo động II 0,40 m và còn lên.",
            "https://kttv.example/tin-lu/12",
        )
    )  # fmt: skip


def _evacuation(centre: FakeCentre, now: int) -> None:
    steps = written(centre.disaster.plan.steps)
    store = centre.disaster.store
    store.open_evacuation(EvacuationRow("01", "132", "Sông Thao vượt báo động II", steps, now - HOUR_MS, "lan"))
    store.put_line(EvacuationLine(0, "01", "decision", True, None, now - HOUR_MS + 60_000, "lan", ""))
    store.put_line(EvacuationLine(0, "01", "warned", True, 412, now - HOUR_MS // 2, "minh", "loa phường và đến nhà"))
