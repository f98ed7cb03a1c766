"""What the devices of a demonstration measure: the story's river and rain, and a city around them; seeded."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from simulators.device import Signal
from simulators.encoding import Value
from simulators.hall import Visit, hall_at, visits
from simulators.scenarios.scenario import Playback
from simulators.signals import (
    DAY_S,
    HOUR_S,
    TIP_MM,
    humidity_pct,
    lamp_share,
    lights_on,
    noise,
    pm25_ug_m3,
    surface_velocity_m_s,
    temperature_c,
    voltage_v,
)

PHASES = (1, 2, 3)
LAMP_A = 0.45
DRY_LEVEL_M = 27.0
RESTLESS_S = 4.0  # real seconds: values on a screen shall move
EACH_RATER = 8  # so many visits of the story to one rating, lest a fast story drown the hall in ratings


class Physics:
    """Signals of devices as functions of real seconds since the story began."""

    def __init__(self, play: Playback) -> None:
        self._play = play

    def river(self, gauge: str, *, seed: int) -> Signal:
        """A radar gauge: the story's level, the velocity that belongs to it, the battery."""

        def signal(seconds: float) -> Mapping[str, Value]:
            level = self._play.level(gauge, seconds) + 0.002 * noise(seed, seconds, period_s=RESTLESS_S)
            above_bed = min(level, DRY_LEVEL_M + 10) if gauge == "yen_bai" else level - 14
            return {
                "level_m": level,
                "velocity_m_s": surface_velocity_m_s(above_bed),
                "batt_v": 12.6 + 0.1 * noise(seed + 1, seconds, period_s=30),
            }

        return signal

    def rain(self, gauge: str) -> Signal:
        """A tipping bucket: the sum, and what has fallen since it was asked last."""
        told = [0.0]

        def signal(seconds: float) -> Mapping[str, Value]:
            total = math.floor(self._play.rain_total(gauge, seconds) / TIP_MM) * TIP_MM
            since, told[0] = max(0.0, total - told[0]), total
            return {"rain_mm": round(since, 1), "rain_total_mm": round(total, 1), "batt_v": 3.9}

        return signal

    def lights(self, *, seed: int, lamps: int) -> Signal:
        """A cabinet: lamps burn from dusk to dawn, dimmed in the small hours; a phase carries a third of them."""

        def signal(seconds: float) -> Mapping[str, Value]:
            now = self._story_s(seconds)
            amperes = 0.05 + lamps / 3 * LAMP_A * lamp_share(now)
            values: dict[str, Value] = {"contactor": lights_on(now), "door": False, "mode": 1, "pf": 0.93}
            watts = 0.0
            for phase in PHASES:
                volts = voltage_v(seed + phase, now) + noise(seed - phase, seconds, period_s=RESTLESS_S)
                values |= {f"u{phase}_v": volts, f"i{phase}_a": amperes}
                watts += volts * amperes * 0.93
            return {
                **values,
                "p_w": round(watts),
                "energy_kwh": 14_000 + seconds * self._play.hours_per_second * watts / 1000,
            }

        return signal

    def meter(self, *, seed: int, peak_kw: float) -> Signal:
        """A three-phase meter of a building: busy in the heat of the day."""

        def signal(seconds: float) -> Mapping[str, Value]:
            now = self._story_s(seconds)
            share = 0.25 + 0.75 * max(0.0, math.sin(math.pi * (now % DAY_S / HOUR_S - 6) / 12))
            values: dict[str, Value] = {"pf": 0.94, "freq_hz": 50 + 0.03 * noise(seed, seconds, period_s=RESTLESS_S)}
            values["thd_u_pct"] = 2.0 + 2.0 * share
            watts = 0.0
            for phase in PHASES:
                volts = voltage_v(seed + phase, now)
                power = peak_kw * 1000 / 3 * share * (1 + 0.1 * noise(seed - phase, seconds, period_s=RESTLESS_S))
                values |= {f"u{phase}_v": volts, f"p{phase}_w": power, f"i{phase}_a": power / volts / 0.94}
                watts += power
            energy = 52_000 + seconds * self._play.hours_per_second * peak_kw * 0.6
            return {**values, "p_w": watts, "import_kwh": energy, "total_kwh": energy}

        return signal

    def air(self, gauge: str, *, seed: int, mean_c: float = 26.0) -> Signal:
        """An air node: traffic makes dust and noise, rain washes the one and adds to the other."""

        def signal(seconds: float) -> Mapping[str, Value]:
            now, wet = self._story_s(seconds), self._wetness(gauge, seconds)
            dust = pm25_ug_m3(seed, now, base=16) * (1 - 0.7 * wet) + noise(seed, seconds, period_s=RESTLESS_S)
            return {
                "pm25": max(1.0, dust),
                "pm10": max(2.0, 1.6 * dust),
                "temp_c": temperature_c(seed, now, mean=mean_c) - 2 * wet,
                "rh": min(100.0, humidity_pct(seed, now) + 12 * wet),
                "noise_dba": 44 + 0.35 * max(1.0, dust) + 9 * wet + 2 * noise(seed + 1, seconds, period_s=RESTLESS_S),
            }

        return signal

    def kiosk(self, *, seed: int) -> Signal:
        """A queue with its hall: who comes, who waits, who is served."""
        days = [visits(seed, day=day) for day in range(math.ceil(self._play.scenario.hours / 24) + 1)]

        def signal(seconds: float) -> Mapping[str, Value]:
            now = self._story_s(seconds)
            hall = hall_at(days[int(now // DAY_S)], now)
            return {
                "tickets": hall.tickets,
                "waiting": hall.waiting,
                "wait_min": hall.wait_min,
                "served": hall.served,
                "counters_open": hall.counters_open,
                "paper_pct": hall.paper_pct,
                "rating": hall.rating,
            }

        return signal

    def raters(self, *, seed: int) -> Sequence[Visit]:
        """Some of the hall's visits of one round of the story, at the real seconds in which people go home."""
        begin_s, speed = self._story_s(0.0), self._play.hours_per_second * HOUR_S
        days = range(math.ceil(self._play.scenario.hours / 24) + 1)
        seen = [visit for day in days for visit in visits(seed, day=day) if visit.left_s > begin_s]
        return [replace(visit, left_s=(visit.left_s - begin_s) / speed) for visit in seen[::EACH_RATER]]

    def cabinet(self, gauge: str, *, seed: int) -> Signal:
        """UPS and router: heavy rain takes some of the 4G signal; the mains hold."""

        def signal(seconds: float) -> Mapping[str, Value]:
            now, wet = self._story_s(seconds), self._wetness(gauge, seconds)
            state: dict[str, Value] = {"mains": True, "link": True, "output_source": 1}
            return {
                **state,
                "battery_pct": 100.0,
                "battery_min": 240.0,
                "temp_c": temperature_c(seed, now) + 6,
                "signal_dbm": -78 - 14 * wet + 4 * noise(seed + 1, seconds, period_s=RESTLESS_S),
                "cpu_pct": 25 + 12 * noise(seed + 2, seconds, period_s=RESTLESS_S),
            }

        return signal

    def view(self, gauge: str) -> Signal:
        """What a camera on the bank sees: how high the water stands in its picture, and the light of day."""

        def signal(seconds: float) -> Mapping[str, Value]:
            hour = self._story_s(seconds) % DAY_S / HOUR_S
            water = (self._play.level(gauge, seconds) - DRY_LEVEL_M) / 10
            daylight = 0.35 + 0.65 * max(0.0, math.sin(math.pi * (hour - 6) / 12))
            return {"water": min(1.0, max(0.0, water)), "daylight": daylight}

        return signal

    def _story_s(self, seconds: float) -> float:
        """Seconds of the story since midnight of its first day, as `signals` counts them."""
        begin = self._play.scenario.file.begin
        return begin.hour * HOUR_S + begin.minute * 60 + self._play.hours(seconds) * HOUR_S

    def _wetness(self, gauge: str, seconds: float) -> float:
        """How hard it rains, 0 to 1 (30 mm/h and more)."""
        hours = self._play.hours(seconds)
        fell = self._play.scenario.rain_total(gauge, hours) - self._play.scenario.rain_total(gauge, hours - 1)
        return min(1.0, fell / 30)
