"""Rivers, rain, slopes, lakes, wind, fields and forests on an ordinary day of September."""

from __future__ import annotations

from collections.abc import Mapping

from simulators.device import Signal
from simulators.encoding import Value
from simulators.signals import (
    HOUR_S,
    Shower,
    diurnal,
    humidity_pct,
    noise,
    rain_rate_mm_h,
    rain_total_mm,
    river_level_m,
    showers,
    surface_velocity_m_s,
    temperature_c,
)

SEASON_DAYS = 30.0  # showers are thought up for so long; after that the weather stays dry
REPORT_S = 600.0  # of a rain gauge
TURBINES_M3_S = 276.0  # of Thác Bà at full load (vtcnews ar893458)
LAKE_KM2 = 190.0
DAM_LEVEL_M = 56.4


def river(seed: int) -> Signal:
    """A radar gauge below hills on which it rains now and then."""
    rain = _rain(seed)

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        level_m = river_level_m(rain, elapsed_s) + 0.01 * noise(seed, elapsed_s, period_s=300)
        return {
            "level_m": round(level_m, 3),
            "velocity_m_s": round(surface_velocity_m_s(level_m), 2),
            "batt_v": round(12.6 + 0.5 * noise(seed + 1, elapsed_s, period_s=6 * HOUR_S), 2),
        }

    return signal


def rain_gauge(seed: int) -> Signal:
    """A tipping bucket under the same showers."""
    rain = _rain(seed)

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        total = rain_total_mm(rain, elapsed_s)
        since = total - rain_total_mm(rain, max(0.0, elapsed_s - REPORT_S))
        return {"rain_mm": round(min(since, 40.0), 1), "rain_total_mm": round(total, 1), "batt_v": 3.9}

    return signal


def weather_station(seed: int) -> Signal:
    """Wind that freshens after noon."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        return {
            **_air(seed, elapsed_s),
            **_wind(seed, elapsed_s),
            "wind_dir_deg": round(150 + 60 * noise(seed + 4, elapsed_s, period_s=HOUR_S)),
            "pressure_hpa": round(1002 + 3 * noise(seed + 5, elapsed_s, period_s=6 * HOUR_S), 1),
        }

    return signal


def pier_wind(seed: int) -> Signal:
    """A breeze over the lake."""
    return lambda elapsed_s: _wind(seed, elapsed_s)


def road_weather(seed: int) -> Signal:
    """A pass where morning fog lifts by nine."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        fog = max(0.0, diurnal(elapsed_s, mean=0.0, swing=1.0, peak_h=5))
        return {
            "visibility_m": round(9000 - 8200 * fog + 300 * noise(seed, elapsed_s, period_s=900)),
            "road_temp_c": round(temperature_c(seed, elapsed_s, mean=21.0, swing=7.0), 1),
            "batt_v": 3.7,
        }

    return signal


def ford(seed: int) -> Signal:
    """A ford that carries water only after rain."""
    rain = _rain(seed)

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        depth_cm = max(0.0, 12.0 * (river_level_m(rain, elapsed_s, base_m=0.0, peak_h=2.0, m_per_mm=0.05)))
        return {"depth_cm": round(depth_cm, 1), "warning_on": depth_cm >= 30, "batt_v": 3.8}

    return signal


def flash_flood(seed: int) -> Signal:
    """A mountain stream that answers a shower within the hour; its siren is ready."""
    rain = _rain(seed)

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        stage_m = river_level_m(rain, elapsed_s, base_m=0.6, peak_h=1.0, m_per_mm=0.01)
        return {"stage_m": round(stage_m, 2), "siren": 0, "batt_v": 12.7}

    return signal


def slope(seed: int) -> Signal:
    """A slope that stands still; only its soil gets wet and dries."""
    rain = _rain(seed)

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        wet = min(20.0, river_level_m(rain, elapsed_s, base_m=0.0, peak_h=12.0, m_per_mm=0.4))
        return {
            "tilt_x_deg": round(0.8 + 0.005 * noise(seed, elapsed_s, period_s=HOUR_S), 3),
            "tilt_y_deg": round(-0.3 + 0.005 * noise(seed + 1, elapsed_s, period_s=HOUR_S), 3),
            "tilt_rate_deg_h": round(0.004 * noise(seed + 2, elapsed_s, period_s=HOUR_S), 3),
            "crack_mm": 3.2,
            "soil_sat_pct": round(58.0 + wet, 1),
            "pore_kpa": round(-8.0 + 0.5 * wet, 1),
            "batt_v": 3.6,
        }

    return signal


def lake(seed: int) -> Signal:
    """Hồ Thác Bà in balance: what comes in goes through the turbines, morning and evening."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        turbines = round(TURBINES_M3_S * max(0.25, diurnal(elapsed_s, mean=0.6, swing=0.35, peak_h=18)), 1)
        level_m = DAM_LEVEL_M + 0.02 * noise(seed, elapsed_s, period_s=6 * HOUR_S)
        return {
            "level_up_m": round(level_m, 2),
            "level_down_m": round(22.6 + 0.003 * turbines, 2),
            "q_in_m3_s": round(185 + 20 * noise(seed + 1, elapsed_s, period_s=3 * HOUR_S), 1),
            "q_out_m3_s": turbines,
            "q_turbine_m3_s": turbines,
            "gates_open": 0,
            "volume_mcm": round(2940 - LAKE_KM2 * (58.0 - level_m), 1),
        }

    return signal


def irrigation_dam(seed: int) -> Signal:
    """A small dam below its sill, seeping as always."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        seep = 2.1 + 0.1 * noise(seed, elapsed_s, period_s=3 * HOUR_S)
        return {"over_spillway_m": -1.35, "seepage_l_s": round(seep, 2), "gate_pct": 30.0}

    return signal


def street_flood(seed: int) -> Signal:
    """A gully that drains: half full during a shower."""
    rain = _rain(seed)

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        return {"depth_cm": 0.0, "manhole_pct": round(min(65.0, 12 + 2 * rain_rate_mm_h(rain, elapsed_s)), 1)}

    return signal


def field(seed: int) -> Signal:
    """Tea on a hill: the soil dries by day."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        water = 27.0 + 0.8 * noise(seed + 2, elapsed_s, period_s=6 * HOUR_S)
        soil = round(temperature_c(seed + 1, elapsed_s, mean=22.0, swing=1.5), 1)
        return {
            **_air(seed, elapsed_s, mean=22.0),
            "soil_temp_c": soil,
            "soil_vwc_pct": round(water, 1),
            "soil_reserve_pct": round(water - 15.0, 1),
        }

    return signal


def forest(seed: int) -> Signal:
    """A tower over a damp forest: danger level II after noon, no smoke."""
    return lambda elapsed_s: {"danger_level": 2 if _air(seed, elapsed_s)["rh"] < 75 else 1, "smoke": False}


def _rain(seed: int) -> tuple[Shower, ...]:
    return showers(seed, days=SEASON_DAYS)


def _air(seed: int, elapsed_s: float, *, mean: float = 26.0) -> dict[str, float]:
    return {
        "temp_c": round(temperature_c(seed, elapsed_s, mean=mean), 1),
        "rh": round(humidity_pct(seed, elapsed_s), 1),
    }


def _wind(seed: int, elapsed_s: float) -> dict[str, float]:
    wind = max(0.2, diurnal(elapsed_s, mean=2.2, swing=1.4, peak_h=15) + noise(seed + 2, elapsed_s, period_s=600))
    gust = wind * (1.5 + 0.2 * noise(seed + 3, elapsed_s, period_s=120))
    return {"wind_m_s": round(wind, 1), "gust_m_s": round(gust, 1)}
