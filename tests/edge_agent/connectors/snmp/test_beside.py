"""A device that is polled and heard: both begin, and both end when it goes, while its neighbours go on."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from device_profiles.load import build as built
from device_profiles.load import load_catalogue
from edge_agent.config import GatewayConfig, ListenConfig
from edge_agent.connectors.snmp.build import build
from edge_agent.device import Connectors, Device, Surroundings
from edge_agent.planning import Plan, plan_for
from edge_agent.registry import build_connectors
from tests.edge_agent.connectors.snmp.agents import overrides, run_snmpd, secrets, tool
from tests.edge_agent.connectors.snmp.test_connector import ON_BATTERY
from tests.edge_agent.connectors.snmp.test_traps import ON_BATTERY as TRAP
from tests.edge_agent.connectors.snmp.test_traps import SWITCH, Hall, a_device, opened, trap, udp_port
from tests.edge_agent.test_devices import at_work
from tests.fakes import ManualClock
from tests.servers import HOST
from tests.waiting import eventually

CATALOGUE = load_catalogue()


async def test_a_neighbour_that_changes_does_not_close_the_port(tmp_path: Path) -> None:
    hall, port = Hall(), udp_port()
    around = Surroundings(ListenConfig(), tmp_path, ManualClock())
    both = [a_device(name, SWITCH, tmp_path, port) for name in ("sw-1", "sw-2")]
    async with asyncio.TaskGroup() as group:
        old = build(both, around)
        tasks = {name: group.create_task(each.listen(hall.deliver)) for name, each in old.listeners.items()}
        await opened(port, hall)
        tasks.pop("sw-1/traps").cancel()  # the first of them led the port
        again = build([a_device("sw-1", SWITCH, tmp_path, port, max_values=10)], around)
        tasks["sw-1/traps"] = group.create_task(again.listeners["sw-1/traps"].listen(hall.deliver))
        hall.heard.clear()
        assert await tool("snmpinform", *trap(port, ticks=4999)) == 0
        assert set(hall.events("sw-2")) == {"link_down"}
        for task in tasks.values():
            task.cancel()


async def test_an_agent_polls_a_ups_and_hears_it_until_it_is_taken_away(tmp_path: Path) -> None:
    wires: dict[tuple[object, ...], object] = {}
    port = udp_port()

    def doors(devices: list[Device], listen: ListenConfig) -> Connectors:
        return build_connectors(devices, Surroundings(listen, tmp_path, ManualClock(), wires))

    with run_snmpd(*overrides(ON_BATTERY)) as server:
        connection = {"kind": "snmp", "host": HOST, "port": server.port, "version": "2c", "trap_port": port}
        connection |= {"trap_host": HOST, "community_file": str(secrets(tmp_path)["community_file"])}
        async with at_work(_plan(tmp_path, {"ups": connection}), doors) as agent:
            await eventually(lambda: agent.vitals.answers().get("ups"))
            assert {reading.point: reading.value for reading in agent.flow.newest("ups")}["battery_pct"] == 87
            told = trap(port, "1.3.6.1.2.1.33.1.2.2.0", "i", "0", oid=TRAP)
            async with asyncio.timeout(20):
                while await tool("snmpinform", "-t", "0.3", "-r", "0", *told) != 0:
                    pass
            assert {reading.point: reading.value for reading in agent.flow.newest("ups")}["mains"] is True
            await agent.become(_plan(tmp_path, {}))
            assert await tool("snmpinform", "-t", "0.3", "-r", "0", *told) != 0  # nobody hears there any more


def _plan(folder: Path, connections: Mapping[str, Mapping[str, object]]) -> Plan:
    name = {"vi": "Bộ lưu điện", "en": "UPS"}
    raw = {
        "gateway": {"id": "gw-1", "name": name, "data_dir": str(folder), "batch_s": 0.05},
        "devices": [
            {"id": each, "profile": "generic_ups_mib", "name": name, "period_s": 60, "connection": connection}
            for each, connection in connections.items()
        ],
    }
    return plan_for(built(raw, GatewayConfig, file="test"), CATALOGUE, file="test")
