"""What gauges of rain, rivers, slopes, roads, fields and air say; pure functions of a device's place in the world."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise

from simulators.encoding import Value
from simulators.province.rivers import ratings
from simulators.province.world import Here
from simulators.signals import HOUR_S, TIP_MM, surface_velocity_m_s

REPORT_S = 600.0
SEASON_MM = 640.0  # what a gauge's counter shows at the begin
STREET_M = {"phuong-yen-bai": 30.75, "phuong-nam-cuong": 31.2, "phuong-au-lau": 31.0, "xa-tran-yen": 31.4}
STEP_M = 0.35  # streets of a commune lie so much higher, one above the other
DRAINS_MM_H = 38.0  # what the street drains swallow in an hour
RISE_M = 0.5  # within ten minutes: the siren sounds
NODES = (1.0, 0.75, 0.5)  # how much of the slope's movement each of its nodes sees
SATURATION_TSS = 5000.0


def rain_gauge(here: Here) -> Mapping[str, Value]:
    """A tipping bucket: what fell since its last report, and its counter."""
    now, before = (_tips_mm(here, here.elapsed_s - back) for back in (0.0, REPORT_S))
    return {
        "rain_mm": round(min(now - before, 40.0), 1),
        "rain_total_mm": round(SEASON_MM + now, 1),
        "batt_v": round(3.75 + 0.12 * max(0.0, here.now.sun) + 0.03 * here.wobble(period_s=6 * HOUR_S), 2),
    }


def river(here: Here) -> Mapping[str, Value]:
    """A radar over the water: level on its own datum, velocity of the surface."""
    gauge = here.device.facts["gauge"]
    level = here.world.level_m(gauge, here.elapsed_s) + 0.006 * here.wobble(period_s=300)
    return {
        "level_m": round(level, 3),
        "velocity_m_s": round(surface_velocity_m_s(level, bed_m=ratings()[gauge].zero_m), 2),
        "batt_v": round(12.7 + 0.5 * max(0.0, here.now.sun) + 0.1 * here.wobble(period_s=6 * HOUR_S), 2),
    }


def reservoir(here: Here) -> Mapping[str, Value]:
    """The lake's balance, as its owner gives it out."""
    lake, at = here.world.lake, here.elapsed_s
    return {
        "level_up_m": round(lake.level_m.at(at), 3),
        "level_down_m": round(lake.tail_m.at(at), 2),
        "q_in_m3_s": round(lake.q_in.at(at), 1),
        "q_out_m3_s": round(lake.q_out.at(at), 1),
        "q_turbine_m3_s": round(lake.turbines.at(at), 1),
        "gates_open": lake.gates(at),
        "volume_mcm": round(lake.volume_mcm.at(at), 2),
    }


def ford(here: Here) -> Mapping[str, Value]:
    """Water over a ford: the stream answers three hours of rain, more when the ground is full."""
    wet = here.world.ground(here.device.position).wetness.at(here.elapsed_s)
    three_h = here.world.rain.since_mm(here.device.position, here.elapsed_s - 1200, 3.0)
    depth = max(0.0, 3 + 1.6 * (three_h - 22) * wet + 0.4 * here.wobble(period_s=900))
    return {"depth_cm": round(min(depth, 300.0), 1), "warning_on": depth >= 30, "batt_v": 3.8}


def flash_flood(here: Here) -> Mapping[str, Value]:
    """A torrent above a village; its siren sounds by itself for half an hour after a sudden rise."""
    now = here.elapsed_s
    rises = [_torrent_m(here, now - back) - _torrent_m(here, now - back - 600) for back in range(0, 1801, 300)]
    return {
        "stage_m": round(_torrent_m(here, now) + 0.01 * here.wobble(period_s=300), 2),
        "siren": 2 if max(rises) >= RISE_M else 0,
        "batt_v": round(12.9 + 0.3 * max(0.0, here.now.sun), 2),
    }


def slope_node(here: Here) -> Mapping[str, Value]:
    """A post on a slope: it tilts when the ground gives way, and the crack beside it opens."""
    ground = here.world.ground(here.device.position, here.device.site)
    sees = NODES[(int(here.device.id.rpartition("-")[2]) - 1) % len(NODES)]
    tilt, share = sees * ground.tilt_deg.at(here.elapsed_s), ground.wetness.at(here.elapsed_s)
    return {
        "tilt_x_deg": round(0.4 + tilt + 0.004 * here.wobble(period_s=HOUR_S), 3),
        "tilt_y_deg": round(-0.2 + 0.3 * tilt + 0.004 * here.wobble(period_s=HOUR_S, salt=5), 3),
        "tilt_rate_deg_h": round(sees * ground.rate_deg_h.at(here.elapsed_s), 3),
        "crack_mm": round(3.0 + 9.0 * tilt + 0.05 * here.wobble(period_s=6 * HOUR_S, salt=6), 2),
        "soil_sat_pct": round(min(100.0, 100 * share + 0.5 * here.wobble(period_s=HOUR_S, salt=7)), 1),
        "pore_kpa": round(-35 + 55 * share, 1),
        "batt_v": 3.7,
    }


def weather_station(here: Here) -> Mapping[str, Value]:
    """Air, wind and gusts."""
    wind = here.wind_m_s()
    return {
        "temp_c": round(here.temp_c(), 1),
        "rh": round(here.humidity_pct(), 1),
        "wind_m_s": round(wind, 1),
        "gust_m_s": round(wind * 1.55, 1),
        "wind_dir_deg": round(150 + 60 * here.wobble(period_s=HOUR_S, salt=8)) % 360,
        "pressure_hpa": round(1006 - here.device.height_m / 8.6 + 2 * here.wobble(period_s=6 * HOUR_S, salt=9), 1),
    }


def pier_wind(here: Here) -> Mapping[str, Value]:
    """Wind over the lake, a little fresher than on land."""
    wind = here.wind_m_s() * 1.2
    return {"wind_m_s": round(wind, 1), "gust_m_s": round(wind * 1.4, 1)}


def road(here: Here) -> Mapping[str, Value]:
    """A pass: cloud sits on it when it rains hard, mist in the small hours."""
    mist = 2500 * max(0.0, math.cos((here.now.hour - 5) / 24 * 2 * math.pi)) ** 6
    visibility = max(35.0, 4000 + 900 * here.wobble(period_s=HOUR_S) - mist - 260 * here.rain_mm_h())
    return {"visibility_m": round(visibility), "road_temp_c": round(here.temp_c() + 4 * max(0, here.now.sun), 1),
            "batt_v": 3.8}  # fmt: skip


def irrigation_dam(here: Here) -> Mapping[str, Value]:
    """A small dam that fills with three days of rain."""
    fell = here.world.rain.since_mm(here.device.position, here.elapsed_s, 72.0)
    return {
        "over_spillway_m": round(-1.9 + 0.009 * fell, 2),
        "seepage_l_s": round(1.2 + 0.002 * fell, 2),
        "gate_pct": 10.0,
    }


def street(here: Here) -> Mapping[str, Value]:
    """A low street: the river comes over the bank, or the drains do not swallow the rain."""
    rank = int(here.device.id.rsplit("-", 2)[1]) - 1
    kerb = STREET_M.get(here.device.area)
    river_m = here.world.level_m("yen_bai", here.elapsed_s) - kerb - STEP_M * rank if kerb else 0.0
    hour_mm = here.world.rain.since_mm(here.device.position, here.elapsed_s, 1.0)
    depth = max(0.0, 100 * river_m, 0.9 * (hour_mm - DRAINS_MM_H))
    return {
        "depth_cm": round(min(depth, 300.0), 1),
        "manhole_pct": round(min(100.0, 12 + 1.9 * hour_mm + 4 * depth), 1),
    }


def sonde(here: Here) -> Mapping[str, Value]:
    """Water of a river or the lake: the Thao carries mud as it rises, and is less pure when it is low."""
    lake = here.device.area == "xa-thac-ba"
    flow = here.world.discharge_m3_s("yen_bai", here.elapsed_s)
    mud = 4.0 if lake else 38 + 0.05 * max(0.0, flow - 330) ** 1.35
    mud *= 1 + 0.05 * here.wobble(period_s=HOUR_S, salt=2)
    return {
        "temp_c": round(0.5 * here.temp_c() + 11.5, 1),
        "ph": round(7.3 + 0.1 * here.wobble(period_s=6 * HOUR_S), 2),
        "do_mg_l": round(6.6 + 0.5 * here.now.sun + 0.2 * here.wobble(period_s=3 * HOUR_S, salt=1), 2),
        "tss_mg_l": round(min(mud, SATURATION_TSS), 1),
        "ec_us_cm": round(190 + 8 * here.wobble(period_s=6 * HOUR_S, salt=3)),
        "cod_mg_l": round(8.5 + 1.0 * here.wobble(period_s=6 * HOUR_S, salt=4), 1),
        "nh4_mg_l": round(0.12 + 0.03 * here.wobble(period_s=6 * HOUR_S, salt=5), 3),
    }


def air_node(here: Here) -> Mapping[str, Value]:
    """Dust, air and noise of a street."""
    dust = here.pm25()
    noise_dba = 44 + 17 * here.rush() + 6 * min(1.0, here.rain_mm_h() / 30) + 2 * here.wobble(period_s=600, salt=1)
    return {"pm25": round(dust, 1), "pm10": round(dust * 1.5 + 3, 1), "temp_c": round(here.temp_c(), 1),
            "rh": round(here.humidity_pct(), 1), "noise_dba": round(noise_dba, 1)}  # fmt: skip


def air_station(here: Here) -> Mapping[str, Value]:
    """The reference station; its own VN_AQI follows the fine dust of the hour (breakpoints of QĐ 1459/QĐ-TCMT)."""
    dust, rush = here.pm25(), here.rush()
    return {
        "pm25": round(dust, 1),
        "pm10": round(dust * 1.45 + 4, 1),
        "so2": round(12 + 3 * rush, 1),
        "no2": round(18 + 30 * rush, 1),
        "o3": round(45 + 45 * max(0.0, here.now.sun), 1),
        "co": round(500 + 700 * rush + 8 * here.smoke()),
        "vn_aqi": round(_aqi_of_pm25(dust)),
        "temp_c": round(here.temp_c(), 1),
        "rh": round(here.humidity_pct(), 1),
        "pressure_hpa": round(1005 + 2 * here.wobble(period_s=6 * HOUR_S, salt=9), 1),
        "wind_m_s": round(here.wind_m_s(), 1),
    }


def field(here: Here) -> Mapping[str, Value]:
    """A farm station: air, soil, and how far the soil is from wilting."""
    water = 18 + 28 * here.world.ground(here.device.position).wetness.at(here.elapsed_s)
    return {"temp_c": round(here.temp_c(), 1), "rh": round(here.humidity_pct(), 1),
            "soil_temp_c": round(0.4 * here.temp_c() + 13, 1), "soil_vwc_pct": round(water, 1),
            "soil_reserve_pct": round(water - 16, 1)}  # fmt: skip


def forest(here: Here) -> Mapping[str, Value]:
    """A post in the forest: the drier and warmer, the more dangerous; it sees thick smoke."""
    dry = max(0.0, 30 - here.world.rain.since_mm(here.device.position, here.elapsed_s, 72.0)) / 30
    season = 1 if here.now.month in (5, 6, 7, 8, 9, 10) else 2
    return {"danger_level": min(3, round(1 + dry * season / 2 * 1.2)), "smoke": here.smoke() > 120}


def _tips_mm(here: Here, elapsed_s: float) -> float:
    own = 1 + 0.04 * here.wobble(period_s=1e9, salt=9)
    return math.floor(here.world.rain.total_mm(here.device.position, elapsed_s) * own / TIP_MM + 1e-9) * TIP_MM


def _torrent_m(here: Here, elapsed_s: float) -> float:
    hour_mm = here.world.rain.since_mm(here.device.position, elapsed_s - 1500, 0.75)
    wet = here.world.ground(here.device.position).wetness.at(elapsed_s)
    return float(0.6 + 0.0042 * (hour_mm * wet) ** 1.75)


def _aqi_of_pm25(dust: float) -> float:
    marks = ((0, 0), (25, 50), (50, 100), (80, 150), (150, 200), (250, 300), (350, 400), (500, 500))
    for (low, index), (high, above) in pairwise(marks):
        if dust <= high:
            return index + (above - index) * (dust - low) / (high - low)
    return 500.0
