"""A set of simulated devices from a file, and the command that runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from device_profiles.load import FileFaultsError, load_catalogue
from edge_agent.connectors.http_json.config import HttpJsonConnection
from edge_agent.connectors.http_json.connector import build_http_json
from edge_agent.connectors.kiosk.config import KioskConnection
from edge_agent.connectors.kiosk.connector import build_kiosk
from edge_agent.connectors.modbus.config import ModbusConnection
from edge_agent.connectors.modbus.connector import build_modbus
from simulators.fleet import Fleet, load_fleet
from simulators.fleet_config import (
    FleetConfig,
    SimulatedCamera,
    SimulatedFaults,
    SimulatedGauge,
    SimulatedHttp,
    SimulatedKiosk,
    SimulatedLog,
    SimulatedModbus,
    SimulatedOpcUa,
    SimulatedProbe,
    SimulatedSnmp,
    SimulatedStation,
)
from tests.readme_check import assert_documented

CATALOGUE = load_catalogue()
EVERYTHING = """
speed = 3600.0
[[devices]]
id = "river"
kind = "modbus"
profile = "river_gauge_radar"
unit = 5
[[devices]]
id = "meter"
kind = "modbus"
profile = "power_meter_sdm630"
faults = { faults_per_h = 0.001, mean_s = 1.0, kinds = ["silent"] }
[[devices]]
id = "air"
kind = "http_json"
profile = "air_node"
[[devices]]
id = "rain"
kind = "http_push"
profile = "rain_gauge_tipping"
url = "http://127.0.0.1:9/push/rain"
key = "toy"
[[devices]]
id = "hall"
kind = "kiosk"
profile = "kiosk_queue"
[[devices]]
id = "switch"
kind = "snmp"
profile = "mikrotik_switch"
[[devices]]
id = "eye"
kind = "camera"
profile = "ip_camera"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "sim.toml"
    path.write_text(text, encoding="utf-8")
    return path


async def test_every_kind_of_device_runs_and_is_read(tmp_path: Path) -> None:
    config = load_fleet(written(tmp_path, EVERYTHING), CATALOGUE)
    async with Fleet(config, CATALOGUE) as fleet:
        river = fleet.addresses["river"]
        connection = ModbusConnection(host="127.0.0.1", port=int(river["port"]), unit=int(river["unit"]))
        pollers = [
            *build_modbus([("river", connection, CATALOGUE["river_gauge_radar"])]).values(),
            build_http_json("air", HttpJsonConnection(url=str(fleet.addresses["air"]["url"])), CATALOGUE["air_node"]),
            build_kiosk("hall", KioskConnection(url=str(fleet.addresses["hall"]["url"])), CATALOGUE["kiosk_queue"]),
        ]
        for poller in pollers:
            observed = await poller.poll()
            assert not [each for each in observed if getattr(each, "fault", "")]
            await poller.close()
        assert str(fleet.addresses["eye"]["url"]).startswith("rtsp://")
        assert int(fleet.addresses["switch"]["port"]) > 0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('[[devices]]\nid = "a"\nkind = "modbus"\nprofile = "river_gauge_rader"', "river_gauge_radar"),
        ('[[devices]]\nid = "a"\nkind = "kiosk"\nprofile = "air_node"', "no kiosk device"),
        ('[[devices]]\nid = "a"\nkind = "modbus"\nprofile = "air_node"\nspede = 1', "spede"),
        ("devices = []", "devices"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(FileFaultsError, match=reason):
        load_fleet(written(tmp_path, text), CATALOGUE)


def test_the_command_says_where_the_devices_are_and_stops(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "simulators", "devices", "--config", str(written(tmp_path, EVERYTHING))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout is not None
            ready = json.loads(running.stdout.readline())
            assert ready["event"] == "ready"
            assert set(ready["devices"]) == {"river", "meter", "air", "rain", "hall", "switch", "eye"}
            assert ready["devices"]["river"]["port"] > 0
            running.terminate()
            assert running.wait(timeout=10) == 0
        finally:
            running.kill()


def test_the_command_refuses_a_wrong_file(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "simulators", "devices", "--config", str(tmp_path / "none.toml")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert ended.returncode == 2
    assert "none.toml" in ended.stderr


def test_each_field_is_documented() -> None:
    assert_documented(
        "simulators/devices",
        FleetConfig,
        SimulatedFaults,
        SimulatedModbus,
        SimulatedHttp,
        SimulatedGauge,
        SimulatedKiosk,
        SimulatedCamera,
        SimulatedLog,
        SimulatedStation,
        SimulatedProbe,
        SimulatedSnmp,
        SimulatedOpcUa,
    )
