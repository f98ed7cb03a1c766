"""Air, noise, heat and rooms; drinking water, waste water, rivers and fish on an ordinary day."""

from __future__ import annotations

from collections.abc import Mapping

from simulators.device import Signal
from simulators.encoding import Value
from simulators.signals import DAY_S, HOUR_S, diurnal, humidity_pct, lights_on, noise, pm25_ug_m3, temperature_c

LESSONS_H = ((7.25, 11.25), (13.5, 16.5))
OUTDOOR_CO2_PPM = 430.0
FULL_ROOM_PPM = 950.0  # above outdoors, when forty pupils sit behind open windows
AIRING_H = 0.8


def air_node(seed: int) -> Signal:
    """A low-cost air node beside a street."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        pm25 = pm25_ug_m3(seed, elapsed_s)
        return {
            "pm25": round(pm25, 1),
            "pm10": round(pm25 * 1.6 + 4, 1),
            "temp_c": round(temperature_c(seed, elapsed_s), 1),
            "rh": round(humidity_pct(seed, elapsed_s), 1),
            "noise_dba": round(_street_noise(seed + 2, elapsed_s), 1),
        }

    return signal


def air_station(seed: int) -> Signal:
    """A reference station: ozone follows the sun, the rest the traffic."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        pm25 = pm25_ug_m3(seed, elapsed_s)
        return {
            "pm25": round(pm25, 1),
            "pm10": round(pm25 * 1.6 + 4, 1),
            "so2": round(6 + 2 * noise(seed + 3, elapsed_s, period_s=HOUR_S), 1),
            "no2": round(0.5 * pm25 + 8, 1),
            "o3": round(max(8.0, diurnal(elapsed_s, mean=45, swing=38, peak_h=14)), 1),
            "co": round(400 + 14 * pm25),
            "vn_aqi": round(min(2 * pm25, 500)) if pm25 <= 25 else round(50 + 2 * (pm25 - 25)),
            "temp_c": round(temperature_c(seed, elapsed_s), 1),
            "rh": round(humidity_pct(seed, elapsed_s), 1),
            "pressure_hpa": round(1003 + 3 * noise(seed + 4, elapsed_s, period_s=6 * HOUR_S), 1),
            "wind_m_s": round(1.6 + noise(seed + 5, elapsed_s, period_s=600), 1),
        }

    return signal


def classroom(seed: int) -> Signal:
    """CO2 that climbs while lessons last and leaves by the windows afterwards."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        co2 = OUTDOOR_CO2_PPM + FULL_ROOM_PPM * _breathed(elapsed_s) + 15 * noise(seed, elapsed_s, period_s=300)
        day = 6.0 <= elapsed_s % DAY_S / HOUR_S < 18.0
        return {
            "co2_ppm": round(co2),
            "temp_c": round(temperature_c(seed, elapsed_s), 1),
            "rh": round(humidity_pct(seed, elapsed_s), 1),
            "pm25": round(0.7 * pm25_ug_m3(seed, elapsed_s), 1),
            "lux": round(480 + 60 * noise(seed + 1, elapsed_s, period_s=600)) if day else 0,
        }

    return signal


def noise_meter(seed: int) -> Signal:
    """A street: loud by day, quiet after eleven."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        hour = sum(_street_noise(seed, elapsed_s - step * 600) for step in range(6)) / 6
        return {"laeq_1min_dba": round(_street_noise(seed, elapsed_s), 1), "laeq_1h_dba": round(hour, 1)}

    return signal


def heat_stress(seed: int) -> Signal:
    """A building site: the globe in the sun stands well above the air."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        air, sun = temperature_c(seed, elapsed_s), max(0.0, diurnal(elapsed_s, mean=0.0, swing=9.0, peak_h=12.5))
        rh = humidity_pct(seed, elapsed_s)
        wet = air - (100 - rh) / 5.5
        return {
            "temp_c": round(air, 1),
            "rh": round(rh, 1),
            "globe_c": round(air + sun, 1),
            "wbgt_c": round(0.7 * wet + 0.2 * (air + sun) + 0.1 * air, 1),
        }

    return signal


def water_sonde(seed: int) -> Signal:
    """A clear river in which plants make oxygen by day."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        sun = diurnal(elapsed_s, mean=0.0, swing=1.0, peak_h=15)
        return {
            "temp_c": round(25.5 + 1.2 * sun, 1),
            "ph": round(7.4 + 0.2 * sun, 2),
            "do_mg_l": round(6.6 + 0.8 * sun, 2),
            "tss_mg_l": round(38 + 9 * noise(seed, elapsed_s, period_s=HOUR_S), 1),
            "ec_us_cm": round(185 + 8 * noise(seed + 1, elapsed_s, period_s=HOUR_S)),
            "cod_mg_l": round(9.5 + noise(seed + 2, elapsed_s, period_s=HOUR_S), 1),
            "nh4_mg_l": round(0.12 + 0.03 * noise(seed + 3, elapsed_s, period_s=HOUR_S), 3),
        }

    return signal


def waste_water(seed: int) -> Signal:
    """An outlet within its permit; it flows as the plants work."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        return {
            "flow_m3_h": round(max(4.0, diurnal(elapsed_s, mean=38, swing=24, peak_h=14)), 1),
            "ph": round(7.2 + 0.2 * noise(seed, elapsed_s, period_s=HOUR_S), 2),
            "tss_mg_l": round(26 + 5 * noise(seed + 1, elapsed_s, period_s=HOUR_S), 1),
            "cod_mg_l": round(44 + 8 * noise(seed + 2, elapsed_s, period_s=HOUR_S), 1),
            "nh4_mg_l": round(2.8 + 0.6 * noise(seed + 3, elapsed_s, period_s=HOUR_S), 2),
            "temp_c": round(diurnal(elapsed_s, mean=29.5, swing=1.2, peak_h=15), 1),
        }

    return signal


def water_plant(seed: int) -> Signal:
    """Clean water that leaves the works."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        return {
            "chlorine_mg_l": round(0.48 + 0.06 * noise(seed, elapsed_s, period_s=HOUR_S), 3),
            "turbidity_ntu": round(0.6 + 0.2 * noise(seed + 1, elapsed_s, period_s=HOUR_S), 3),
            "ph": round(7.1 + 0.1 * noise(seed + 2, elapsed_s, period_s=HOUR_S), 2),
        }

    return signal


def water_district(seed: int) -> Signal:
    """A metered district: most water in the evening, little between two and four."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        flow = max(9.0, diurnal(elapsed_s, mean=30, swing=22, peak_h=18)) + noise(seed, elapsed_s, period_s=300)
        return {"pressure_bar": round(3.1 - 0.02 * flow, 2), "flow_m3_h": round(flow, 2)}

    return signal


def fish_cage(seed: int) -> Signal:
    """A cage in the lake: least oxygen before sunrise."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        oxygen = diurnal(elapsed_s, mean=6.4, swing=1.2, peak_h=16) + 0.2 * noise(seed, elapsed_s, period_s=HOUR_S)
        return {"do_mg_l": round(oxygen, 2), "temp_c": round(diurnal(elapsed_s, mean=27.5, swing=0.8, peak_h=16), 1)}

    return signal


def canal_gate(seed: int) -> Signal:
    """A gate half open, released for the centre; the canal follows the opening."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        opening = 50.0 + round(4 * noise(seed, elapsed_s, period_s=6 * HOUR_S), 1)
        return {"gate_pct": opening, "canal_level_m": round(0.6 + 0.015 * opening, 2), "remote": True}

    return signal


def hydropower_unit(seed: int) -> Signal:
    """A unit of a station that runs harder in the evening; 8.3 kW for each metre of head and cubic metre a second."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        head_m = 33.0 + 0.3 * noise(seed, elapsed_s, period_s=DAY_S)
        flow_m3_s = max(0.0, diurnal(elapsed_s, mean=110, swing=30, peak_h=19))
        power_kw = round(8.3 * head_m * flow_m3_s)
        return {"p_kw": float(power_kw), "head_m": round(head_m, 2), "flow_m3_s": round(flow_m3_s, 1), "running": True}

    return signal


def _breathed(elapsed_s: float) -> float:
    """How full of breath the room is, 0 to 1: climbs in lessons, halves in half an hour afterwards."""
    hour = elapsed_s % DAY_S / HOUR_S
    full = 0.0
    for begin, end in LESSONS_H:
        if hour >= begin:
            inside = min(hour, end) - begin
            reached = inside / (inside + AIRING_H)
            full = max(full, reached * 0.5 ** (max(0.0, hour - end) / 0.5))
    return full


def _street_noise(seed: int, elapsed_s: float) -> float:
    return 56 + 8 * noise(seed, elapsed_s, period_s=120) - 6 * lights_on(elapsed_s)
