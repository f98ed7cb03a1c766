"""Blocks of readings and events as tests of the store need them."""

from __future__ import annotations

from cloud.store.base import Columns, PlacedEvent, SeriesKey
from device_profiles.clock import SystemClock
from device_profiles.schema import PointType
from device_profiles.wire import Event

NOW = SystemClock().now_ms() // 60_000 * 60_000
LEVEL = SeriesKey("river_gauge", "gw1", "river", "level_m")


def block(*levels: object, begin: int = NOW, **other: object) -> Columns:
    """Levels of the river, one a second."""
    facts: dict[str, object] = {
        "site": "yen-bai", "gateway": "gw1", "device": "river", "profile": "river_gauge",
        "times": [begin + 1000 * number for number in range(len(levels))], "points": {"level_m": list(levels)},
        "quality": {}, "types": {"level_m": PointType.FLOAT},
    }  # fmt: skip
    return Columns(**(facts | other))  # type: ignore[arg-type]


def rating(identifier: str = "e1", at: int = NOW, **facts: int | float | bool | str) -> PlacedEvent:
    """Somebody pressed a smile at the kiosk."""
    return PlacedEvent("yen-bai", "gw1", Event(identifier, "kiosk", "rating", at, facts))
