"""What cameras, cabinets, schools, fridges, halls, streets and meters say; pure functions of a device's place."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache

from simulators.encoding import Value
from simulators.hall import Visit, hall_at, visits
from simulators.province.calendar import DAY_MS, VIETNAM_MS, midnight_ms
from simulators.province.power import CABINET_MIN, share_of
from simulators.province.world import Here
from simulators.signals import DAY_S, HOUR_S

FULL_CO2 = (600.0, 1150.0)  # of a full room with few or many windows
FILLS_H, EMPTIES_H = 0.75, 0.5
FRIDGE_HOLDS_H = (7.0, 42.0)  # memory of a household fridge, and of one that is made for vaccines
COOLS_H = 1.2
METERS_SINCE_S = 1.5e9  # July 2017: before every story
LENS_MM_H = 40.0  # a visor keeps less off the lens
LAMPS_W = 6200.0
NOMINAL_V = 229.0
SILENT: Mapping[str, Value] = {}  # a device without power does not answer


def camera(here: Here) -> Mapping[str, Value]:
    """A camera's health as its gateway sees it: lost when the cabinet sheds it."""
    online = here.world.power.feeds_cameras(here.device.gateway, here.at_ms)
    bright = 30 + 110 * max(0.0, here.now.sun) if here.now.sun > 0 else 42.0
    return {
        "online": online,
        "fps": 15.0 if online else 0.0,
        "frozen": False,
        "black": False,
        "blurred": False,
        "moved": False,
        "over_exposed": False,
        "rain_on_lens": online and here.rain_mm_h() > LENS_MM_H,
        "motion": round(0.02 + 0.2 * here.rush(), 2) if online else 0.0,
        "brightness": round(bright) if online else 0.0,
    }


def switch(here: Here) -> Mapping[str, Value]:
    """The switch of a camera cabinet; its ports to shed cameras are down."""
    lit = here.world.power.feeds_cameras(here.device.gateway, here.at_ms)
    return {
        "uplink": True,
        "ports_down": 0 if lit else 3,
        "util_pct": round(18 + 8 * here.rush() if lit else 1.0, 1),
        "cpu_pct": round(15 + 5 * here.wobble(period_s=900), 1),
        "temp_c": round(here.temp_c() + 14, 1),
    }


def cabinet(here: Here) -> Mapping[str, Value]:
    """Battery and router of a cabinet."""
    power, gateway = here.world.power, here.device.gateway
    mains, share = power.mains(gateway, here.at_ms), power.battery_share(gateway, here.at_ms)
    return {
        "mains": mains,
        "battery_pct": round(100 * share, 1),
        "battery_min": round(CABINET_MIN if mains else 2 * CABINET_MIN * share, 1),
        "output_source": 1 if mains else 2,
        "temp_c": round(here.temp_c() + 9 + 6 * max(0.0, here.now.sun), 1),
        "signal_dbm": round(-78 + 6 * here.wobble(period_s=1800)),
        "cpu_pct": round(22 + 8 * here.wobble(period_s=600, salt=1), 1),
        "link": True,
    }


def classroom(here: Here) -> Mapping[str, Value]:
    """A room that fills with pupils and their breath."""
    closed = 0.5 + 0.5 * share_of(here.device.id)
    full = FULL_CO2[0] + (FULL_CO2[1] - FULL_CO2[0]) * closed * (1.15 if here.temp_c() < 15 else 0.8)
    lesson = here.now.is_school and not here.world.story.holiday
    daylight = 900 * max(0.0, here.now.sun)
    return {
        "co2_ppm": round(430 + (full - 430) * _breathed(here) + 8 * here.wobble(period_s=600)),
        "temp_c": round(here.temp_c() + (2.0 if lesson else 1.0), 1),
        "rh": round(min(95.0, here.humidity_pct() - 5), 1),
        "pm25": round(0.7 * here.pm25(), 1),
        "lux": round(daylight + (380 if lesson and here.world.power.mains(here.device.gateway, here.at_ms) else 0)),
    }


def fridge(here: Here) -> Mapping[str, Value]:
    """A vaccine fridge: it keeps 5 °C, warms without mains, and cools when they are back."""
    power, gateway = here.world.power, here.device.gateway
    mains = power.mains(gateway, here.at_ms)
    own = 4.7 + 0.5 * here.wobble(period_s=2400) + 0.3 * here.wobble(period_s=5 * HOUR_S, salt=1)
    return {
        "temp_c": round(own + (max(here.temp_c(), 5.0) - own) * _warmed(here), 2),
        "door": False,
        "mains": mains,
        "battery_pct": round(100 * power.battery_share(gateway, here.at_ms), 1),
    }


def traffic(here: Here) -> Mapping[str, Value]:
    """A crossing: what comes, and how it slows when more comes than passes."""
    load = 0.75 * here.rush() * (0.75 + 0.25 * share_of(here.device.id)) + 0.012 * here.crowd()
    wet = 0.15 * min(1.0, here.rain_mm_h() / 10)
    occupancy = min(85.0, 4 + 24 * load**1.5)
    return {
        "flow_vph": round(1500 * min(load, 1.05)),
        "speed_kmh": round(max(5.0, 42 * (1 - wet) - 17 * load**1.6 + 2 * here.wobble(period_s=600)), 1),
        "occupancy_pct": round(occupancy, 1),
        "motorbike_pct": round(78 + 3 * here.wobble(period_s=HOUR_S, salt=1), 1),
        "wrong_way": 0,
    }


def lights(here: Here) -> Mapping[str, Value]:
    """A cabinet of street lights: on when the sun is down, half as bright when streets are empty."""
    mains = here.world.power.mains(here.device.gateway, here.at_ms)
    burning = mains and here.now.sun < -0.02
    share = (0.5 if here.now.hour >= 23 or here.now.hour < 4.5 else 1.0) if burning else 0.0
    volts = [_volts(here, phase) for phase in range(3)] if mains else [0.0] * 3
    amps = [round(LAMPS_W * share / 3 / volt, 2) if volt else 0.0 for volt in volts]
    return {
        "u1_v": volts[0], "u2_v": volts[1], "u3_v": volts[2], "i1_a": amps[0], "i2_a": amps[1], "i3_a": amps[2],
        "p_w": round(LAMPS_W * share + (35 if mains else 0), 1), "energy_kwh": _counted_kwh(here, 32.0),
        "pf": 0.95 if burning else 1.0, "contactor": burning, "door": False, "mode": 1,
    }  # fmt: skip


def meter(here: Here) -> Mapping[str, Value]:
    """A feeder: more power by day and in the evening, nothing in a cut."""
    mains = here.world.power.mains(here.device.gateway, here.at_ms)
    watts = (52_000 + 60_000 * here.rush()) * (1 + 0.04 * here.wobble(period_s=600, salt=3)) if mains else 0.0
    volts = [_volts(here, phase) for phase in range(3)] if mains else [0.0] * 3
    told: dict[str, Value] = {
        "p_w": round(watts),
        "pf": 0.94 if mains else 1.0,
        "freq_hz": _hertz(here) if mains else 50.0,
        "thd_u_pct": round(2.0 + 2.0 * here.rush(), 1) if mains else 0.0,
    }
    for phase, volt in enumerate(volts, start=1):
        told |= {f"u{phase}_v": volt, f"i{phase}_a": round(watts / 3 / volt / 0.94, 1) if volt else 0.0}
        told[f"p{phase}_w"] = round(watts / 3)
    return told | {"import_kwh": _counted_kwh(here, 1900.0), "total_kwh": _counted_kwh(here, 1900.0)}


def kiosk(here: Here) -> Mapping[str, Value]:
    """A public-service hall, which is empty at week-ends and silent without mains."""
    if not here.world.power.mains(here.device.gateway, here.at_ms):
        return SILENT
    open_today = here.now.is_workday and not here.world.story.holiday
    day_s = (here.at_ms - midnight_ms(here.at_ms)) / 1000
    number = (here.at_ms + VIETNAM_MS) // DAY_MS
    people = _day(here.grain, number) if open_today else ()
    hall = hall_at(people, day_s, counters=5)
    return {
        "online": True,
        "tickets": hall.tickets,
        "waiting": hall.waiting,
        "wait_min": hall.wait_min,
        "served": hall.served,
        "counters_open": hall.counters_open if open_today else 0,
        "paper_pct": hall.paper_pct,
        "rating": hall.rating,
    }


def visitors(here: Here) -> Mapping[str, Value]:
    """A sight: people come by day, more on free days, and many when the story says so."""
    by_day = max(0.0, math.sin((here.now.hour - 6.5) / 11 * math.pi)) if 6.5 < here.now.hour < 17.5 else 0.0
    free = 0.32 if not here.now.is_workday or here.world.story.holiday else 0.16
    share = 100 * free * by_day + here.crowd()
    come = round(share * 9)
    return {"people_in": come, "people_out": round(come * 0.8), "capacity_pct": round(share, 1)}


def parking(here: Here) -> Mapping[str, Value]:
    """A car park beside a sight."""
    share = min(100.0, 12 + 0.9 * float(visitors(here)["capacity_pct"]))
    return {"occupied_pct": round(share, 1), "free_count": round(120 * (1 - share / 100))}


def lodging(here: Here) -> Mapping[str, Value]:
    """Guest houses: full when a festival fills the place."""
    share = min(99.0, 34 + 0.45 * here.crowd())
    return {"guests_vn": round(share * 9), "guests_foreign": round(share * 1.1), "rooms_pct": round(share, 1)}


def firewall(here: Here) -> Mapping[str, Value]:
    """A quiet day at the edge of the network: now and then somebody mistypes a password."""
    slips = max(0, round(1.6 * here.wobble(period_s=900)))
    return {"login_failures_5min": slips, "ids_high": 0, "iot_to_internet": 0, "admins_added": 0, "config_changes": 0}


def bin_(here: Here) -> Mapping[str, Value]:
    """A bin that is emptied every night at two."""
    hours = (here.now.hour - 2.0) % 24
    speed = 1.3 + 1.6 * share_of(here.device.id) + 0.02 * here.crowd()
    return {"fill_pct": round(min(100.0, 3 + speed * hours), 1), "temp_c": round(here.temp_c() + 3, 1), "tilted": False}


def _breathed(here: Here) -> float:
    """How much of a full room's carbon dioxide is in the air: fills in lessons, empties outside them."""
    if here.world.story.holiday or not here.now.is_workday:
        return 0.0
    level, hour = 0.0, 7.25
    for begin, end in ((7.25, 11.25), (13.75, 16.5)):
        level *= math.exp(-max(0.0, min(here.now.hour, begin) - hour) / EMPTIES_H)
        if here.now.hour < begin:
            return level
        stay = min(here.now.hour, end) - begin
        level += (1 - level) * (1 - math.exp(-stay / FILLS_H))
        hour = end
    return level * math.exp(-max(0.0, here.now.hour - hour) / EMPTIES_H)


def _warmed(here: Here) -> float:
    """How much of the way to the room's temperature a fridge has gone, 0 to 1."""
    holds_h = FRIDGE_HOLDS_H[0] + (FRIDGE_HOLDS_H[1] - FRIDGE_HOLDS_H[0]) * share_of(here.device.id)
    power, gateway = here.world.power, here.device.gateway
    if (off_h := power.off_h(gateway, here.at_ms)) > 0:
        return 1 - math.exp(-off_h / holds_h)
    last = power.last_cut(gateway, here.at_ms)
    if last is None:
        return 0.0
    off_h, back_h = last
    return (1 - math.exp(-off_h / holds_h)) * math.exp(-back_h / COOLS_H)


def _volts(here: Here, phase: int) -> float:
    evening = -4.0 * math.exp(-(((here.now.hour - 19.5) / 2.0) ** 2))
    return round(NOMINAL_V + evening + 1.5 * here.wobble(period_s=300, salt=20 + phase), 1)


def _hertz(here: Here) -> float:
    return round(50 + 0.05 * here.wobble(period_s=120, salt=30), 2)


def _counted_kwh(here: Here, per_day: float) -> float:
    return round(4000 + here.device.number * 37 + per_day * (here.at_ms / 1000 - METERS_SINCE_S) / DAY_S, 1)


@lru_cache(maxsize=256)
def _day(grain: int, number: int) -> tuple[Visit, ...]:
    return visits(grain * 1009 + number, counters=5)
