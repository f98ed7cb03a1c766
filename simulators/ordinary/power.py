"""Meters, street lights, transformers, pumps, oxygen and their power on an ordinary day."""

from __future__ import annotations

from collections.abc import Mapping

from simulators.device import Signal
from simulators.encoding import Value
from simulators.signals import DAY_S, HOUR_S, diurnal, lamp_share, lights_on, noise, temperature_c, voltage_v

PHASES = (1, 2, 3)
LAMP_A = 12.0
LOAD_A = 40.0
MEAN_LOAD_KW = 14.0
POWER_FACTOR = 0.93
LED_W = 75.0


def power_meter(seed: int) -> Signal:
    """A three-phase meter in front of a load that follows the day."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        share = 0.35 + 0.5 * max(0.0, 1 - abs(elapsed_s % DAY_S / HOUR_S - 13) / 8)
        values: dict[str, Value] = {"pf": POWER_FACTOR, "freq_hz": 50 + 0.03 * noise(seed, elapsed_s, period_s=20)}
        values["thd_u_pct"] = 2.0 + 2.0 * share
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


def small_meter(seed: int) -> Signal:
    """A single-phase meter in a pump house: a pump of two kilowatts comes and goes every half hour."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        volts, running = voltage_v(seed, elapsed_s), (elapsed_s / 1800 + seed) % 1 < 0.4
        amperes = (8.6 if running else 0.2) * (1 + 0.02 * noise(seed, elapsed_s, period_s=60))
        energy_kwh = 1_500 + 0.75 * elapsed_s / HOUR_S
        return {
            "u1_v": volts,
            "i1_a": amperes,
            "p_w": volts * amperes * POWER_FACTOR,
            "pf": POWER_FACTOR,
            "freq_hz": 50 + 0.03 * noise(seed, elapsed_s, period_s=20),
            "import_kwh": energy_kwh,
            "total_kwh": energy_kwh,
        }

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


def lamp(seed: int) -> Signal:
    """One LED lamp on its schedule."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        share = lamp_share(elapsed_s)
        watts = LED_W * share * (1 + 0.02 * noise(seed, elapsed_s, period_s=600))
        return {"dim_pct": round(100 * share), "p_w": round(watts, 1), "lamp_fail": False}

    return signal


def transformer(seed: int) -> Signal:
    """A transformer whose oil warms with the evening's load."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        load = diurnal(elapsed_s, mean=48, swing=18, peak_h=19) + 3 * noise(seed, elapsed_s, period_s=300)
        return {"load_pct": round(load, 1), "oil_temp_c": round(temperature_c(seed, elapsed_s) + 0.5 * load, 1)}

    return signal


def school_meter(seed: int) -> Signal:
    """A school that sleeps at night, taps closed."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        day = max(0.0, diurnal(elapsed_s, mean=0.0, swing=1.0, peak_h=11))
        return {
            "p_w": round(350 + 7800 * day + 40 * noise(seed, elapsed_s, period_s=300)),
            "energy_kwh": round(18_300 + 2.8 * elapsed_s / HOUR_S, 2),
            "flow_m3_h": round(1.4 * day, 2),
            "water_m3": round(2_200 + 0.4 * elapsed_s / HOUR_S, 3),
        }

    return signal


def pump(seed: int) -> Signal:
    """A pump that runs through day and night, well lubricated."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        current = 86 + 4 * noise(seed, elapsed_s, period_s=300)
        return {
            "running": True,
            "permitted": True,
            "current_pct": round(current, 1),
            "bearing_c": round(34 + temperature_c(seed, elapsed_s), 1),
            "vibration_mm_s": round(1.9 + 0.3 * noise(seed + 1, elapsed_s, period_s=60), 2),
        }

    return signal


def oxygen(seed: int) -> Signal:
    """A hospital's bank that empties slowly and is changed at night; the generator waits."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        used = elapsed_s % DAY_S / DAY_S
        return {
            "o2_bar": round(150 - 70 * used, 1),
            "line_bar": round(4.5 + 0.1 * noise(seed, elapsed_s, period_s=60), 2),
            "fuel_pct": 78.0,
            "generator": 0,
        }

    return signal


def siren(seed: int) -> Signal:
    """A siren that is silent on a charged battery."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        return {"sounding": False, "batt_v": round(12.8 + 0.3 * noise(seed, elapsed_s, period_s=HOUR_S), 2)}

    return signal
