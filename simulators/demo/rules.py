"""Rule files for a story told fast: what the real ones wait in minutes, the demonstration waits in seconds.

The thresholds of levels stay as they are; only times change. A rule on speed is told per second of the demonstration.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import tomli_w

HOUR_S = 3600.0
TOLD = (  # of the province's rules, those that the story is about; its nights are its own, so none with hours
    "air_pm25_indicative", "air_temperature_cold", "air_temperature_flat", "cabinet_mains_flapping",
    "cabinet_mains_off", "camera_frozen", "camera_offline", "flood_thao_yen_bai", "kiosk_offline", "kiosk_wait",
    "rain_1h", "rain_24h", "rain_3h", "river_gauge_silent", "river_rise_rate", "street_light_door",
)  # fmt: skip
STORY_PROFILES = frozenset({"river_gauge_radar", "rain_gauge_tipping", "air_node", "kiosk_queue"})  # these live fast
LONGEST_HOLD_S = 10.0  # of devices that live in real time, such as cameras
SHORTEST_WINDOW_S = 6.0  # some readings of a device that is read every second must fit in
SHORTEST_SPAN_S = 2.0
SHORTEST_STEP_S = 1.0  # of a window over such readings
SHORTEST_SILENCE_S = 40.0  # health documents, which say that a device was read, come every 10 s

THRESHOLDS = ("above", "below", "clear")

Table = dict[str, Any]  # a rule file as it stands; the centre checks it


def write_rules(source: Path, target: Path, *, hours_per_second: float) -> None:
    """The rules of a folder that the story is about, as copies for the demonstration's speed."""
    target.mkdir(parents=True, exist_ok=True)
    for name in TOLD:
        rule = tomllib.loads((source / f"{name}.toml").read_text(encoding="utf-8"))
        told_fast = quickened(rule, hours_per_second=hours_per_second)
        (target / f"{name}.toml").write_text(tomli_w.dumps(told_fast), encoding="utf-8")


def quickened(rule: Table, *, hours_per_second: float) -> Table:
    """The rule with its times divided by the speed of the story."""
    speed = hours_per_second * HOUR_S
    kind = dict(rule["kind"])
    if "hold_s" in kind:
        in_story = rule["selector"]["profile"] in STORY_PROFILES
        kind["hold_s"] = round(kind["hold_s"] / speed, 3) if in_story else min(kind["hold_s"], LONGEST_HOLD_S)
    if kind["kind"] == "rate_of_change":
        kind |= _per_second(kind, speed)
    elif kind["kind"] == "stale":
        kind |= _silence(kind, speed)
    elif kind["kind"] == "window":
        kind = _window(kind, speed)
    return {**rule, "kind": kind}


def _window(kind: Table, speed: float) -> Table:
    times = {key: max(kind[key] / speed, SHORTEST_STEP_S) for key in ("window_s", "step_s") if key in kind}
    return kind | times


def _silence(kind: Table, speed: float) -> Table:
    return {
        "levels": [
            {**level, "after_s": max(level["after_s"] / speed, SHORTEST_SILENCE_S * step)}
            for step, level in enumerate(kind["levels"], start=1)
        ]
    }


def _per_second(kind: Table, speed: float) -> Table:
    quantity, _, time = kind["unit"].rpartition("/")
    seconds = {"s": 1.0, "min": 60.0, "h": HOUR_S, "d": 24 * HOUR_S}[time]
    factor = speed / seconds
    return {
        "unit": f"{quantity}/s",
        "window_s": max(kind.get("window_s", HOUR_S) / speed, SHORTEST_WINDOW_S),
        "min_span_s": max(kind.get("min_span_s", 600.0) / speed, SHORTEST_SPAN_S),
        "levels": [_scaled(level, factor) for level in kind["levels"]],
    }


def _scaled(level: Table, factor: float) -> Table:
    return {key: round(value * factor, 6) if key in THRESHOLDS else value for key, value in level.items()}
