"""A signal for each device model of the catalogue: what such a device would say on an ordinary day. Pure, seeded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from simulators.device import Signal
from simulators.encoding import Value
from simulators.hall import Visit, hall_at, visits
from simulators.signals import (
    DAY_S,
    HOUR_S,
    humidity_pct,
    lamp_share,
    lights_on,
    noise,
    pm25_ug_m3,
    rain_total_mm,
    river_level_m,
    showers,
    surface_velocity_m_s,
    temperature_c,
    voltage_v,
)

Model: TypeAlias = Callable[[int], Signal]  # seed -> signal; one seed is one place

SEASON_DAYS = 30.0  # showers are thought up for so long; after that the weather stays dry
PHASES = (1, 2, 3)
LAMP_A = 12.0
LOAD_A = 40.0
MEAN_LOAD_KW = 14.0
POWER_FACTOR = 0.93


def river(seed: int) -> Signal:
    """A radar gauge below hills on which it rains now and then."""
    rain = showers(seed, days=SEASON_DAYS)

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
    rain = showers(seed, days=SEASON_DAYS)

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        return {"rain_total_mm": round(rain_total_mm(rain, elapsed_s), 1), "batt_v": 3.9}

    return signal


def power_meter(seed: int) -> Signal:
    """A three-phase meter in front of a load that follows the day."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        share = 0.35 + 0.5 * max(0.0, 1 - abs(elapsed_s % DAY_S / HOUR_S - 13) / 8)
        values: dict[str, Value] = {"pf": POWER_FACTOR, "freq_hz": 50 + 0.03 * noise(seed, elapsed_s, period_s=20)}
        total_w = 0.0
        for phase in PHASES:
            volts = voltage_v(seed + phase, elapsed_s)
            amperes = LOAD_A * share * (1 + 0.1 * noise(seed - phase, elapsed_s, period_s=60))
            watts = volts * amperes * POWER_FACTOR
            values |= {f"u{phase}_v": volts, f"i{phase}_a": amperes, f"p{phase}_w": watts}
            total_w += watts
        #  energy by the mean load, so that the counters never run backwards
        energy_kwh = 52_000 + MEAN_LOAD_KW * elapsed_s / HOUR_S
        return {**values, "p_w": total_w, "import_kwh": energy_kwh, "total_kwh": energy_kwh + 12}

    return signal


def street_lights(seed: int) -> Signal:
    """A cabinet that switches and dims its lamps by the clock."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        values: dict[str, Value] = {"contactor": lights_on(elapsed_s), "door": False, "mode": 1, "pf": POWER_FACTOR}
        total_w = 0.0
        for phase in PHASES:
            volts = voltage_v(seed + phase, elapsed_s)
            amperes = 0.05 + LAMP_A * lamp_share(elapsed_s)
            values |= {f"u{phase}_v": volts, f"i{phase}_a": amperes}
            total_w += volts * amperes * POWER_FACTOR
        return {**values, "p_w": round(total_w), "energy_kwh": 14_000 + 3.2 * elapsed_s / HOUR_S}

    return signal


def air_node(seed: int) -> Signal:
    """A low-cost air node beside a street."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        pm25 = pm25_ug_m3(seed, elapsed_s)
        return {
            "pm25": round(pm25, 1),
            "pm10": round(pm25 * 1.6 + 4, 1),
            "temp_c": round(temperature_c(seed, elapsed_s), 1),
            "rh": round(humidity_pct(seed, elapsed_s), 1),
            "noise_dba": round(56 + 8 * noise(seed + 2, elapsed_s, period_s=120) - 6 * lights_on(elapsed_s), 1),
        }

    return signal


def cabinet(seed: int) -> Signal:
    """The UPS and the router of a street cabinet on mains."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        return {
            "mains": True,
            "battery_pct": 100.0,
            "battery_min": 240.0,
            "output_source": 1,
            "temp_c": round(temperature_c(seed, elapsed_s, mean=34.0, swing=7.0), 1),
            "signal_dbm": round(-84 + 7 * noise(seed, elapsed_s, period_s=600)),
            "cpu_pct": round(22 + 12 * noise(seed + 1, elapsed_s, period_s=90), 1),
            "link": True,
        }

    return signal


def kiosk(seed: int) -> Signal:
    """The queue of a public-service hall."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        hall = hall_at(_day(seed, elapsed_s), elapsed_s)
        return {
            "online": True,
            "tickets": hall.tickets,
            "waiting": hall.waiting,
            "wait_min": hall.wait_min,
            "served": hall.served,
            "counters_open": hall.counters_open,
            "paper_pct": hall.paper_pct,
            "rating": hall.rating,
        }

    days: dict[int, tuple[Visit, ...]] = {}

    def _day(seed: int, elapsed_s: float) -> tuple[Visit, ...]:
        number = int(elapsed_s // DAY_S)
        if number not in days:
            days.clear()
            days[number] = visits(seed, day=number)
        return days[number]

    return signal


MODELS: Mapping[str, Model] = {
    "river_gauge_radar": river,
    "rain_gauge_tipping": rain_gauge,
    "power_meter_sdm630": power_meter,
    "street_light_cabinet": street_lights,
    "air_node": air_node,
    "cabinet_ups_router": cabinet,
    "kiosk_queue": kiosk,
}
