"""Traps and informs as snmptrap and snmpinform of Debian send them, at a port of our own."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from device_profiles.load import load_catalogue
from device_profiles.schema import DeviceProfile
from edge_agent.connector import Deliver, Happening, LinkError, Observation, Sample
from edge_agent.connectors.snmp.build import build
from edge_agent.connectors.snmp.config import SnmpConnection
from edge_agent.device import Connectors, Device, Surroundings
from edge_agent.racing import ended
from tests.edge_agent.connectors.snmp.agents import AUTH, PRIVACY, READ, USER, secrets, tool
from tests.edge_agent.samples import NAME
from tests.fakes import ManualClock
from tests.servers import HOST
from tests.waiting import eventually

CATALOGUE = load_catalogue()
SWITCH, UPS = CATALOGUE["generic_if_mib_switch"], CATALOGUE["generic_ups_mib"]
LINK_DOWN, ON_BATTERY = "1.3.6.1.6.3.1.1.5.3", "1.3.6.1.2.1.33.2.1"
OPER = "1.3.6.1.2.1.2.2.1.8.2"
ENGINE = "800000020109840301"


def udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


class Hall:
    """What was delivered; `door` closed keeps deliveries waiting, as a full disk does."""

    def __init__(self) -> None:
        self.heard: list[Observation] = []
        self.door = asyncio.Event()
        self.door.set()

    async def deliver(self, observations: Sequence[Observation]) -> None:
        await self.door.wait()
        self.heard += observations

    def events(self, device: str = "") -> list[str]:
        return [e.kind for e in self.heard if isinstance(e, Happening) and device in ("", e.device)]


def a_device(name: str, profile: DeviceProfile, folder: Path, port: int, **fields: Any) -> Device:
    files: dict[str, Any] = dict(secrets(folder))
    connection = {"host": HOST, "version": "2c", "trap_host": HOST, "trap_port": port, **files, **fields}
    return Device(name, NAME, profile, "0" * 12, 60.0, SnmpConnection(**connection))


@asynccontextmanager
async def hearing(*devices: Device, folder: Path, deliver: Deliver) -> AsyncIterator[Connectors]:
    from edge_agent.config import ListenConfig

    doors = build(devices, Surroundings(ListenConfig(), folder, ManualClock()))
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(listener.listen(deliver)) for listener in doors.listeners.values()]
        yield doors
        await ended(tasks)
    for poller in doors.pollers.values():
        await poller.close()


def trap(port: int, *more: str, oid: str = LINK_DOWN, community: str = READ, ticks: int = 4711) -> tuple[str, ...]:
    return ("-v2c", "-c", community, f"{HOST}:{port}", str(ticks), oid, *more)


async def test_a_trap_is_an_event_and_its_values_are_read_at_once(tmp_path: Path) -> None:
    hall, port = Hall(), udp_port()
    switch = a_device("sw", SWITCH, tmp_path, port, rows={"uplink": 2})
    async with hearing(switch, folder=tmp_path, deliver=hall.deliver):
        async with asyncio.timeout(20):
            while not hall.heard:  # the port opens soon; a trap that comes earlier is lost, as traps are
                await tool("snmptrap", *trap(port, OPER, "i", "2", "1.3.6.1.2.1.2.2.1.1.2", "i", "2"))
                await asyncio.sleep(0.05)
        event, sample = hall.heard[:2]
        assert isinstance(event, Happening)
        assert (event.device, event.kind, event.facts["interface"]) == ("sw", "link_down", 2)
        assert isinstance(sample, Sample)
        assert (sample.point, sample.value) == ("uplink", False)


async def test_only_known_devices_are_let_in_and_octets_of_any_kind_end_nothing(tmp_path: Path) -> None:
    hall, port = Hall(), udp_port()
    switch = a_device("sw", SWITCH, tmp_path, port)
    ups = a_device("ups", UPS, tmp_path, port)
    async with hearing(switch, ups, folder=tmp_path, deliver=hall.deliver):
        await opened(port, hall)
        before = len(hall.heard)
        await tool("snmptrap", *trap(port, community="guess"))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            for octets in (b"", b"\x30\x84\xff\xff\xff\xff", b"\x30" * 4000, bytes(range(256)), b"\x30\x80" * 900):
                stranger.sendto(octets, (HOST, port))
        await tool("snmpinform", *trap(port, "1.3.6.1.2.1.33.1.2.2.0", "i", "7", oid=ON_BATTERY))
        assert [e.kind for e in hall.heard[before:] if isinstance(e, Happening)] == ["on_battery"]
        mains = [e.value for e in hall.heard[before:] if isinstance(e, Sample) and e.point == "mains"]
        assert mains == [False]


async def test_an_inform_is_confirmed_when_it_is_on_disk_and_counts_once(tmp_path: Path) -> None:
    hall, port = Hall(), udp_port()
    async with hearing(a_device("sw", SWITCH, tmp_path, port), folder=tmp_path, deliver=hall.deliver):
        await opened(port, hall)
        hall.door.clear()
        assert await tool("snmpinform", "-t", "0.2", "-r", "1", *trap(port)) != 0  # nothing is safe yet
        hall.door.set()
        assert await tool("snmpinform", *trap(port, ticks=4799)) == 0
        repeated = [e.id for e in hall.heard if isinstance(e, Happening)]
        assert len(repeated) >= 3
        assert len(set(repeated)) == 2  # what was sent again has the same id


@pytest.mark.parametrize("kind", ["trap", "inform"])
async def test_version_3_signs_and_encrypts(tmp_path: Path, kind: str) -> None:
    hall, port = Hall(), udp_port()
    switch = a_device("sw", SWITCH, tmp_path, port, version="3", username=USER, engine_id=ENGINE)
    who = ("-v3", "-u", USER, "-l", "authPriv", "-a", "SHA-256", "-x", "AES", "-X", PRIVACY)
    engine = ("-e", f"0x{ENGINE}") if kind == "trap" else ("-t", "0.5", "-r", "1")
    async with hearing(switch, folder=tmp_path, deliver=hall.deliver):
        async with asyncio.timeout(20):
            while not hall.heard:
                said = (*who, "-A", AUTH, *engine, f"{HOST}:{port}", "4711", LINK_DOWN)
                await tool(f"snmp{kind}", *said, folder=tmp_path)
                await asyncio.sleep(0.05)
        assert set(hall.events()) == {"link_down"}
        before = len(hall.heard)
        await tool(f"snmp{kind}", *who, "-A", "another-password", *engine, f"{HOST}:{port}", "4711", LINK_DOWN)
        await tool(f"snmp{kind}", *who, "-A", AUTH, *engine, f"{HOST}:{port}", "4712", LINK_DOWN, folder=tmp_path)
        await eventually(lambda: len(hall.heard) > before)
        assert len(hall.events()) == len({e.id for e in hall.heard if isinstance(e, Happening)})


async def test_a_port_that_is_taken_is_a_link_error(tmp_path: Path) -> None:
    from edge_agent.config import ListenConfig

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind((HOST, 0))
        switch = a_device("sw", SWITCH, tmp_path, taken.getsockname()[1])
        doors = build([switch], Surroundings(ListenConfig(), tmp_path, ManualClock()))
        with pytest.raises(LinkError, match="cannot hear traps"):
            await doors.listeners["sw/traps"].listen(Hall().deliver)


async def opened(port: int, hall: Hall) -> None:
    """Returns when the port hears."""
    async with asyncio.timeout(20):
        while await tool("snmpinform", "-t", "0.3", "-r", "0", *trap(port)) != 0:
            pass
    assert hall.heard
