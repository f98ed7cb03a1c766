"""Configuration of a centre and of an agent under load, in a folder of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tomli_w

from simulators.load.traffic import POINTS, PROFILE, gateway_id

RULES = 100
UNITS = {"u1_v": "V", "u2_v": "V", "u3_v": "V", "p_w": "W", "freq_hz": "Hz"}
UNREACHED = {"V": 290.0, "W": 900_000.0, "Hz": 54.0}


def write_centre(
    folder: Path, *, port: int, broker: str, store: dict[str, Any], gateways: int, more: dict[str, Any] | None = None
) -> Path:
    """A centre with one site of many gateways and a hundred rules on what they measure; `more` sections."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sites").mkdir(exist_ok=True)
    (folder / "rules").mkdir(exist_ok=True)
    area = {"id": "load", "name": {"vi": "Tải", "en": "Load"}}
    _write(folder / "sites" / "areas.toml", {"areas": [area]})
    site = {
        "id": "load-site",
        "name": {"vi": "Điểm tải", "en": "Load site"},
        "area": "load",
        "lat": 21.7,
        "lon": 104.9,
        "gateways": [{"id": gateway_id(number), "name": {"vi": "Tủ", "en": "Gateway"}} for number in range(gateways)],
    }
    _write(folder / "sites" / "load-site.toml", site)
    for number in range(RULES):
        _write(folder / "rules" / f"load_{number:03d}.toml", _rule(number))
    centre = {
        "data_dir": "data",
        "sites_dir": "sites",
        "rules_dir": "rules",
        "http": {"host": "127.0.0.1", "port": port, "cookie_secure": False},
        "broker": {"url": broker},
        "store": store,
        **(more or {}),
    }
    return _write(folder / "centre.toml", centre)


def write_agent(folder: Path, *, broker: str, devices: list[dict[str, Any]]) -> Path:
    """An agent that reads these devices."""
    name = {"vi": "Tủ", "en": "Gateway"}
    table = {
        "gateway": {"id": "bench", "name": name, "data_dir": "agent"},
        "broker": {"url": broker},
        "devices": [{**device, "name": name, "period_s": 1.0} for device in devices],
    }
    return _write(folder / "gateway.toml", table)


def _rule(number: int) -> dict[str, Any]:
    point = POINTS[number % len(POINTS)]
    unit = UNITS[point]
    return {
        "id": f"load_{number:03d}",
        "version": 1,
        "text": {"vi": "Vượt ngưỡng {value}", "en": "Beyond the threshold {value}"},
        "instruction": {"vi": "Xem", "en": "Look"},
        "owner": "bench",
        "source": "bench",
        "confirmed": True,
        "selector": {"profile": PROFILE, "point": point},
        "kind": {
            "kind": "threshold",
            "unit": unit,
            "hold_s": 60.0,
            "levels": [{"name": "high", "severity": 3, "above": UNREACHED[unit] + number / 100}],
        },
    }


def _write(path: Path, table: dict[str, Any]) -> Path:
    path.write_text(tomli_w.dumps(table), encoding="utf-8")
    return path
