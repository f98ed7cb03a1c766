"""A small agent behind the real control socket: it answers as the real one does, and a test can change what it says."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from device_profiles.clock import Clock
from device_profiles.wire.claims import Welcome
from edge_agent.control.client import SOCKET
from edge_agent.control.protocol import ControlError
from edge_agent.control.server import ControlServer
from edge_agent.lasting import write_lasting

GAUGE = {
    "id": "river-gauge-radar",
    "profile": "river_gauge_radar",
    "name": {"vi": "Trạm đo mực nước sông (ra-đa)", "en": "River level gauge (radar)"},
    "connection": {"kind": "modbus", "transport": "tcp", "host": "192.168.8.20", "port": 502, "unit": 1},
}
READINGS: dict[str, dict[str, object]] = {
    "river_gauge_radar": {"level_m": 3.42, "velocity_m_s": 1.16, "batt_v": 12.8},
    "cabinet_ups_router": {
        "mains": True, "battery_pct": 96, "battery_min": 410, "output_source": 1, "temp_c": 31.5, "signal_dbm": -84,
        "cpu_pct": 12, "link": True,
    },
}  # fmt: skip
MEMBER = {
    "state": "member", "gateway": "gw-mu-cang-chai", "site": "mu-cang-chai", "name_vi": "Tủ cầu Mù Cang Chải",
    "name_en": "Cabinet at Mù Cang Chải bridge", "serial": "TB-2611-0042", "centre": "https://centre.example",
    "days_left": 89.5,
}  # fmt: skip
WELCOME = Welcome(
    gateway="gw-mu-cang-chai", site="mu-cang-chai", name_vi="Tủ cầu Mù Cang Chải",
    name_en="Cabinet at Mù Cang Chải bridge", site_name_vi="Cầu Mù Cang Chải", site_name_en="Mù Cang Chải bridge",
    lat=21.8467, lon=104.0853, broker_url="mqtts://centre.example", broker_authorities="", command_key="",
    centre_url="https://centre.example", profiles=["river_gauge_radar"],
)  # fmt: skip


@dataclass
class DemoAgent:
    """What the agent says; `verdict` is what becomes of a claim."""

    clock: Clock
    identity: dict[str, Any] = field(default_factory=lambda: {"state": "none", "serial": "TB-2611-0042"})
    link: dict[str, Any] = field(default_factory=lambda: {"up": False, "fault": ""})
    devices: list[dict[str, Any]] = field(default_factory=list)
    readings: dict[str, dict[str, object]] = field(default_factory=lambda: {k: dict(v) for k, v in READINGS.items()})
    qualities: dict[str, str] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    joined: dict[str, Any] = field(default_factory=lambda: dict(MEMBER))
    clock_state: str = "good"
    data_dir: Path = Path()
    asked: list[tuple[str, Mapping[str, object]]] = field(default_factory=list)

    async def serve(self, data_dir: Path) -> None:
        """Answers until it is cancelled."""
        self.data_dir = data_dir
        verbs = {
            name: getattr(self, f"_{name}")
            for name in ("status", "values", "read", "try", "configuration", "apply", "join", "identity", "restart")
        }
        await ControlServer(data_dir / SOCKET, {name: self._noted(name, verb) for name, verb in verbs.items()}).run()

    def _noted(self, name: str, verb: Any) -> Any:
        async def answer(arguments: Mapping[str, object]) -> Mapping[str, object]:
            self.asked.append((name, arguments))
            await asyncio.sleep(0)
            return verb(arguments)

        return answer

    def _status(self, _: Mapping[str, object]) -> dict[str, object]:
        now = self.clock.now_ms()
        return {
            "gateway": self.identity.get("gateway", ""),
            "agent": "thacba-edge 0.1.0",
            "uptime_s": 754.0,
            "identity": self.identity,
            "link": self.link,
            "clock": self.clock_state,
            "hours_left": None,
            "configuration": {"version": len(self.devices), "source": "site", "state": "active"},
            "devices": [
                {
                    "id": each["id"],
                    "profile": each["profile"],
                    "fault": self.faults.get(each["id"], ""),
                    "read_at": 0 if each["id"] in self.faults else now,
                }
                for each in self.devices
            ],
        }

    def _values(self, _: Mapping[str, object]) -> dict[str, object]:
        return {"devices": [{"id": each["id"], "points": self._points(each)} for each in self.devices]}

    def _points(self, device: Mapping[str, Any]) -> list[dict[str, object]]:
        if self.faults.get(device["id"]):
            return []
        now = self.clock.now_ms()
        return [
            {"point": key, "value": value, "quality": self.qualities.get(key, ""), "observed_at": now}
            for key, value in self.readings.get(device["profile"], {}).items()
        ]

    def _read(self, arguments: Mapping[str, object]) -> dict[str, object]:
        return {"device": arguments["device"]}

    def _try(self, arguments: Mapping[str, Any]) -> dict[str, object]:
        host = arguments["device"]["connection"].get("host", "")
        if host.endswith(".99"):
            return {"fault": "timeout", "points": []}
        return {"fault": "", "points": self._points(arguments["device"])}

    def _configuration(self, _: Mapping[str, object]) -> dict[str, object]:
        return {"version": len(self.devices), "settings": {"devices": self.devices}}

    def _apply(self, arguments: Mapping[str, Any]) -> dict[str, object]:
        self.devices = [dict(each) for each in arguments["settings"]["devices"]]
        return {"state": "trial"}

    def _identity(self, _: Mapping[str, object]) -> dict[str, object]:
        return self.identity

    def _join(self, arguments: Mapping[str, object]) -> dict[str, object]:
        if "CLAIM-REFUSED" in str(arguments):
            raise ControlError("joined_already", "This gateway has joined already.")
        self.identity = {**self.joined}
        if self.joined["state"] == "member":
            write_lasting(self.data_dir / "identity" / "welcome.json", msgspec.json.encode(WELCOME))
            self.link = {"up": True, "fault": "", "since": self.clock.now_ms()}
        return self.identity

    def _restart(self, _: Mapping[str, object]) -> dict[str, object]:
        return {}
