"""The configuration of a soak: one centre, two gateways, their gauges and one rule that pulses raise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import tomli_w

from tests.servers import HOST

KEY = "soak"
PROFILE, POINT = "rain_gauge_tipping", "rain_mm"
GATEWAYS = ("soak-1", "soak-2")
GAUGES = 5  # of each gateway
PULSE = "pulse"  # on the first gateway: raises and clears an alarm again and again
RAISED, QUIET = 38.0, 1.0
RULE: dict[str, Any] = {
    "id": "soak_rain",
    "version": 1,
    "text": {"vi": "Mưa {value} {unit}", "en": "Rain {value} {unit}"},
    "instruction": {"vi": "Xem", "en": "Look"},
    "owner": "soak",
    "source": "soak",
    "confirmed": True,
    "selector": {"profile": PROFILE, "point": POINT},
    "kind": {
        "kind": "threshold",
        "unit": "mm",
        "levels": [{"name": "high", "severity": 3, "above": 35.0, "clear": 30.0}],
    },
    "flap": {"raises": 0},  # the pulse is raised again and again on purpose, and each time is to be told
}


def gauges_of(gateway: str) -> list[str]:
    """The names of its pushing devices."""
    return [f"{gateway}-gauge-{number}" for number in range(GAUGES)] + [PULSE] * (gateway == GATEWAYS[0])


def write_centre(folder: Path, *, port: int, broker: str, store: dict[str, Any]) -> Path:
    """The centre's files; returns centre.toml."""
    for kind in ("sites", "rules"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
    name = {"vi": "Ngâm", "en": "Soak"}
    _write(folder / "sites" / "areas.toml", {"areas": [{"id": "soak", "name": name}]})
    gateways = [{"id": each, "name": name} for each in GATEWAYS]
    site = {"id": "soak-site", "name": name, "area": "soak", "lat": 21.7, "lon": 104.9, "gateways": gateways}
    _write(folder / "sites" / "soak-site.toml", site)
    _write(folder / "rules" / "soak_rain.toml", RULE)
    centre = {
        "data_dir": "data",
        "sites_dir": "sites",
        "rules_dir": "rules",
        "http": {"host": HOST, "port": port, "cookie_secure": False},
        "broker": {"url": broker},
        "store": store,
    }
    return _write(folder / "centre.toml", centre)


def write_agent(folder: Path, gateway: str, *, port: int, broker: str) -> Path:
    """One agent's file, with its key beside it."""
    (folder / "key").write_text(KEY)
    name = {"vi": "Trạm mưa", "en": "Rain gauge"}
    pushed = {"kind": "http_push", "key_file": "key"}
    devices = [{"id": each, "profile": PROFILE, "name": name, "connection": pushed} for each in gauges_of(gateway)]
    table = {
        "gateway": {"id": gateway, "name": name, "data_dir": gateway},
        "broker": {"url": broker},
        "listen": {"port": port},
        "devices": devices,
    }
    return _write(folder / f"{gateway}.toml", table)


def documents(device: str, times: range, value: float) -> bytes:
    """What a gauge pushes at once."""
    return json.dumps([{"id": f"{device}-{at}", "observed_at": at, POINT: value} for at in times]).encode()


def _write(path: Path, table: dict[str, Any]) -> Path:
    path.write_text(tomli_w.dumps(table), encoding="utf-8")
    return path
