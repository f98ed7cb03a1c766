"""Invented physics: what the province's rivers, streets and halls would say. Pure; the same seed tells the same story.

All times are seconds since local midnight of the first day; a scenario that begins at noon adds 43,200.
"""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

HOUR_S = 3600.0
DAY_S = 86_400.0
TIP_MM = 0.2  # one tip of the bucket


def noise(seed: int, elapsed_s: float, *, period_s: float) -> float:
    """A smooth random walk between -1 and 1: a fixed random value each period, a cosine in between."""
    place = elapsed_s / period_s
    step = math.floor(place)
    blend = (1 - math.cos((place - step) * math.pi)) / 2
    return _fixed(seed, step) * (1 - blend) + _fixed(seed, step + 1) * blend


def diurnal(elapsed_s: float, *, mean: float, swing: float, peak_h: float) -> float:
    """A value that rises and falls once a day, `swing` above the mean at `peak_h` o'clock."""
    return mean + swing * math.cos((hour_of_day(elapsed_s) - peak_h) / 24 * 2 * math.pi)


def hour_of_day(elapsed_s: float) -> float:
    """Hours since the last midnight, 0 to 24."""
    return elapsed_s % DAY_S / HOUR_S


def temperature_c(seed: int, elapsed_s: float, *, mean: float = 26.0, swing: float = 4.5) -> float:
    """Air in the shade: warmest at 14 h, a little different every hour."""
    return diurnal(elapsed_s, mean=mean, swing=swing, peak_h=14) + 0.8 * noise(seed, elapsed_s, period_s=HOUR_S)


def humidity_pct(seed: int, elapsed_s: float) -> float:
    """Relative humidity: the mirror of the temperature."""
    return min(99.0, max(30.0, 185.0 - 4.0 * temperature_c(seed, elapsed_s)))


@dataclass(frozen=True, slots=True)
class Shower:
    """Rain that swells and fades within `duration_s`; `total_mm` in all."""

    begin_s: float
    duration_s: float
    total_mm: float


def showers(seed: int, *, days: float, per_day: float = 1.2, mean_mm: float = 18.0) -> tuple[Shower, ...]:
    """The showers of some days: random moments (mostly after noon), lengths and amounts."""
    dice = _dice(seed, "showers")
    found: list[Shower] = []
    moment = dice.expovariate(per_day) * DAY_S
    while moment < days * DAY_S:
        begin = math.floor(moment / DAY_S) * DAY_S + dice.triangular(0, 24, 16) * HOUR_S
        found.append(Shower(begin, dice.uniform(0.5, 5.0) * HOUR_S, dice.expovariate(1 / mean_mm)))
        moment += dice.expovariate(per_day) * DAY_S
    return tuple(sorted(found, key=lambda shower: shower.begin_s))


def rain_total_mm(rain: Sequence[Shower], elapsed_s: float) -> float:
    """What has fallen since the beginning, in whole tips of the bucket."""
    return math.floor(sum(_fallen_mm(shower, elapsed_s) for shower in rain) / TIP_MM + 1e-9) * TIP_MM


def rain_rate_mm_h(rain: Sequence[Shower], elapsed_s: float) -> float:
    """How hard it rains now."""
    return sum(_rate_mm_h(shower, elapsed_s) for shower in rain)


def unit_hydrograph(since_s: float, *, peak_s: float, order: int = 3) -> float:
    """The share of a sudden rain that passes the gauge per second, `since_s` after it fell (Nash's cascade)."""
    if since_s <= 0:
        return 0.0
    store_s = peak_s / (order - 1)
    scaled = since_s / store_s
    return scaled ** (order - 1) * math.exp(-scaled) / (store_s * math.factorial(order - 1))


def river_level_m(
    rain: Sequence[Shower],
    elapsed_s: float,
    *,
    base_m: float = 26.5,
    peak_h: float = 9.0,
    m_per_mm: float = 0.06,
) -> float:
    """The level at a gauge: base flow, and each shower's wave that arrives hours later."""
    #  one shower spread over four moments: closer than the wave is long, and cheap to ask for often
    wave = sum(
        shower.total_mm
        / 4
        * unit_hydrograph(elapsed_s - shower.begin_s - shower.duration_s * at, peak_s=peak_h * HOUR_S)
        for shower in rain
        for at in (0.125, 0.375, 0.625, 0.875)
    )
    highest = unit_hydrograph(peak_h * HOUR_S, peak_s=peak_h * HOUR_S)
    return base_m + m_per_mm * wave / highest


def surface_velocity_m_s(level_m: float, *, bed_m: float = 24.0) -> float:
    """How fast the surface moves at this level (Manning's exponent over a fixed bed)."""
    return float(0.55 * max(level_m - bed_m, 0.0) ** (2 / 3))


def pm25_ug_m3(seed: int, elapsed_s: float, *, base: float = 22.0) -> float:
    """Fine dust: a peak as people drive to work, a second one as they cook and burn straw."""
    hour = hour_of_day(elapsed_s)
    traffic = 26 * math.exp(-(((hour - 7.5) / 1.4) ** 2)) + 32 * math.exp(-(((hour - 18.5) / 1.6) ** 2))
    return max(2.0, base + traffic + 6 * noise(seed, elapsed_s, period_s=2 * HOUR_S))


def lights_on(elapsed_s: float, *, on_h: float = 18.0, off_h: float = 5.5) -> bool:
    """True between dusk and dawn, by the schedule of the street lights."""
    hour = hour_of_day(elapsed_s)
    return hour >= on_h or hour < off_h


def lamp_share(elapsed_s: float, *, dim_from_h: float = 23.0) -> float:
    """How brightly the lamps burn: not at all by day, half after `dim_from_h`, when the streets are empty."""
    if not lights_on(elapsed_s):
        return 0.0
    hour = hour_of_day(elapsed_s)
    return 0.5 if hour >= dim_from_h or hour < 5.0 else 1.0


def voltage_v(seed: int, elapsed_s: float) -> float:
    """One phase at the end of a line: lower in the evening, restless always."""
    evening = -6.0 * math.exp(-(((hour_of_day(elapsed_s) - 19.5) / 2.0) ** 2))
    return 229.0 + evening + 1.5 * noise(seed, elapsed_s, period_s=120)


def _fixed(seed: int, step: int) -> float:
    """A random number from -1 to 1 that belongs to this step for ever."""
    digest = hashlib.blake2b(f"{seed}:{step}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**63 - 1.0


def _dice(seed: int, name: str) -> random.Random:
    return random.Random(f"{seed}:{name}")  # noqa: S311 - physics, not secrets


def _fallen_mm(shower: Shower, elapsed_s: float) -> float:
    share = min(1.0, max(0.0, (elapsed_s - shower.begin_s) / shower.duration_s))
    return shower.total_mm * (1 - math.cos(share * math.pi)) / 2


def _rate_mm_h(shower: Shower, elapsed_s: float) -> float:
    share = (elapsed_s - shower.begin_s) / shower.duration_s
    if not 0 <= share <= 1:
        return 0.0
    return shower.total_mm * math.pi / 2 * math.sin(share * math.pi) / (shower.duration_s / HOUR_S)
