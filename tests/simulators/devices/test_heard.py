"""Simulated senders, stations and probes of a file, heard and read by the connectors of a gateway."""

from __future__ import annotations

import asyncio
from pathlib import Path

from device_profiles.clock import SystemClock
from device_profiles.load import build as model_of
from device_profiles.load import load_catalogue
from edge_agent.config import GatewayConfig
from edge_agent.connector import Listener, Sample
from edge_agent.device import Connectors, Surroundings
from edge_agent.registry import build_connectors, resolve
from simulators.fleet import Fleet
from simulators.fleet_config import FleetConfig
from tests.edge_agent.connectors.station_file.station import Delivered
from tests.servers import free_port
from tests.waiting import eventually

CATALOGUE = load_catalogue()
NAME = {"vi": "Thiết bị", "en": "Device"}


def connectors_for(tmp_path: Path, connections: dict[str, tuple[str, dict[str, object]]]) -> Connectors:
    devices = [
        {"id": name, "profile": profile, "name": NAME, "connection": connection, "period_s": 0.3}
        for name, (profile, connection) in connections.items()
    ]
    table = {"gateway": {"id": "gw", "data_dir": str(tmp_path)}, "devices": devices}
    config = model_of(table, GatewayConfig, file="gateway.toml")
    around = Surroundings(config.listen, tmp_path, SystemClock())
    return build_connectors(resolve(config, CATALOGUE, file="gateway.toml"), around)


async def test_a_set_of_simulated_devices_is_heard(tmp_path: Path) -> None:
    port = free_port()
    target, folder = f"tcp://127.0.0.1:{port}", tmp_path / "in"
    devices = [
        {"id": "fw", "kind": "syslog", "profile": "fortinet_fortigate", "target": target, "period_s": 0.2},
        {"id": "nt", "kind": "station_file", "profile": "circular10_wastewater", "folder": folder, "station": "NT01"},
        {"id": "soil", "kind": "sdi12", "profile": "campbell_cs650", "address": "4"},
    ]
    fleet = FleetConfig.model_validate({"devices": devices})
    async with Fleet(fleet, CATALOGUE) as running:
        serial_port = running.addresses["soil"]["serial_port"]
        file = {
            "kind": "station_file",
            "folder": str(tmp_path / "in"),
            "station": "NT01",
            "look_every_s": 0.1,
            "settled_s": 0,
        }
        log = {
            "kind": "syslog", "transport": "tcp", "host": "127.0.0.1", "port": port, "senders": ["127.0.0.1"],
            "networks": {"iot": ["10.20.0.0/16"]},
        }  # fmt: skip
        probe: dict[str, object] = {"kind": "sdi12", "serial_port": serial_port, "address": "4"}
        built = connectors_for(
            tmp_path,
            {
                "fw": ("fortinet_fortigate", log),
                "nt": ("circular10_wastewater", file),
                "soil": ("campbell_cs650", probe),
            },
        )
        heard = {name: Delivered() for name in ("fw", "nt")}
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work(listener, heard[name])) for name, listener in built.listeners.items()]
            await eventually(lambda: len(heard["nt"].samples) >= 6 and len(heard["fw"].samples) >= 5)
            soil = await built.pollers["soil"].poll()
            for task in tasks:
                task.cancel()
        await built.pollers["soil"].close()
    samples = [*heard["fw"].samples, *heard["nt"].samples, *(each for each in soil if isinstance(each, Sample))]
    assert {each.fault for each in samples} == {""}


async def work(listener: Listener, delivered: Delivered) -> None:
    await listener.listen(delivered.deliver)
