"""Traffic, parking, bins, alarms, cabinets and networks on an ordinary day."""

from __future__ import annotations

from collections.abc import Mapping

from simulators.device import Signal
from simulators.encoding import Value
from simulators.signals import DAY_S, HOUR_S, diurnal, hour_of_day, noise, temperature_c

SPACES = 120
FILLS_PCT_H = 3.1  # a bin, emptied every morning at five


def traffic(seed: int) -> Signal:
    """A street with a morning and an evening peak that keeps moving."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        flow = 900 * lively(elapsed_s) * (1 + 0.1 * noise(seed, elapsed_s, period_s=300))
        return {
            "flow_vph": round(flow),
            "speed_kmh": round(44 - 0.012 * flow, 1),
            "occupancy_pct": round(2 + 0.014 * flow, 1),
            "motorbike_pct": round(77 + 4 * noise(seed + 1, elapsed_s, period_s=HOUR_S), 1),
            "wrong_way": 0,
        }

    return signal


def crossing(seed: int) -> Signal:
    """Lights on automatic; they flash at night only where the plan says so, and here it does not."""
    return lambda elapsed_s: {
        "mode": 0,
        "phase": 1 + int((elapsed_s + seed) // 45) % 2,
        "cycle_s": 90.0,
        "lamp_fault": False,
    }


def plates(seed: int) -> Signal:
    """A camera that reads number plates: how many it read and how surely, never whose."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        return {
            "passes_5min": round(60 * lively(elapsed_s)),
            "read_pct": round(94 + 2 * noise(seed, elapsed_s, period_s=HOUR_S), 1),
            "speeding_5min": 1 if noise(seed + 1, elapsed_s, period_s=300) > 0.6 else 0,
            "red_light_5min": 0,
        }

    return signal


def parking(seed: int) -> Signal:
    """A lot that fills for the evening."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        taken = round(SPACES * min(0.85, 0.75 * lively(elapsed_s) + 0.05 * noise(seed, elapsed_s, period_s=900) + 0.06))
        return {"occupied_pct": round(100 * taken / SPACES, 1), "free_count": SPACES - taken}

    return signal


def bin_(seed: int) -> Signal:
    """A bin that is emptied every morning."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        since_h = (hour_of_day(elapsed_s) - 5.0) % 24
        fill = 4 + FILLS_PCT_H * since_h + noise(seed, elapsed_s, period_s=HOUR_S)
        return {"fill_pct": round(fill), "temp_c": round(temperature_c(seed, elapsed_s), 1), "tilted": False}

    return signal


def fire_panel(seed: int) -> Signal:
    """A panel that watches and hears nothing."""
    return lambda elapsed_s: {"fire": False, "fault": False, "batt_v": _battery_v(seed, elapsed_s)}


def sos_post(seed: int) -> Signal:
    """A call post that nobody presses."""
    return lambda elapsed_s: {"sos": False, "fault": False, "batt_v": _battery_v(seed, elapsed_s)}


def fridge(seed: int) -> Signal:
    """A vaccine fridge: its compressor comes and goes, the door stays shut."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        cycle = (elapsed_s + 137 * seed) % 2400 / 2400
        temp = 4.2 + (0.8 * cycle / 0.7 if cycle < 0.7 else 0.8 * (1 - cycle) / 0.3)
        return {"temp_c": round(temp, 2), "door": False, "mains": True, "battery_pct": 100.0}

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


def switch(seed: int) -> Signal:
    """A field switch with all ports up."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        return {
            "uplink": True,
            "ports_down": 0,
            "util_pct": round(18 + 6 * noise(seed, elapsed_s, period_s=60), 1),
            "cpu_pct": round(11 + 4 * noise(seed + 1, elapsed_s, period_s=60), 1),
            "temp_c": round(temperature_c(seed, elapsed_s, mean=41.0, swing=6.0), 1),
        }

    return signal


def radio(seed: int) -> Signal:
    """A LoRaWAN device that two gateways hear, on a battery that lasts."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        return {
            "rssi_dbm": round(-98 + 6 * noise(seed, elapsed_s, period_s=HOUR_S)),
            "snr_db": round(5 + 3 * noise(seed + 1, elapsed_s, period_s=HOUR_S), 1),
            "spreading_factor": 9,
            "gateways": 2,
            "frames_lost": 0,
            "battery_pct": 88.0,
            "margin_db": 10,
        }

    return signal


def outlet(seed: int) -> Signal:
    """A switched outlet with a camera and a router behind it."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        return {"outlet_on": True, "load_a": round(0.6 + 0.2 * noise(seed, elapsed_s, period_s=60), 1)}

    return signal


def firewall(seed: int) -> Signal:
    """A quiet network: somebody mistypes a password now and then."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        return {
            "login_failures_5min": max(0, round(2 + 2 * noise(seed, elapsed_s, period_s=300))),
            "ids_high": 0,
            "iot_to_internet": 0,
            "admins_added": 0,
            "config_changes": 0,
        }

    return signal


def platform(seed: int) -> Signal:
    """The platform itself, in good order."""

    def signal(elapsed_s: float) -> Mapping[str, Value]:
        return {
            "cert_days": round(74 - elapsed_s / DAY_S, 2),
            "device_auth_failures": 0,
            "ingest_lag_s": round(0.5 + 0.2 * noise(seed, elapsed_s, period_s=60), 2),
            "disk_free_pct": round(63 - 0.02 * elapsed_s / DAY_S, 2),
            "clock_drift_s": round(0.02 + 0.01 * noise(seed + 1, elapsed_s, period_s=600), 3),
        }

    return signal


def lively(elapsed_s: float) -> float:
    """How lively streets are, 0 to 1: most at half past seven and at half past five, least at three in the night."""
    hour = hour_of_day(elapsed_s)
    peak = max(0.0, 1 - abs(hour - 7.5) / 1.5, 1 - abs(hour - 17.5) / 1.5)
    return min(1.0, max(0.05, diurnal(elapsed_s, mean=0.32, swing=0.3, peak_h=14)) + 0.35 * peak)


def _battery_v(seed: int, elapsed_s: float) -> float:
    return round(13.2 + 0.1 * noise(seed, elapsed_s, period_s=6 * HOUR_S), 2)
