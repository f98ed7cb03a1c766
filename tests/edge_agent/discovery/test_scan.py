"""The whole search: where it may go, how hard it works, and how it ends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from ipaddress import IPv4Network

import pytest

from edge_agent.discovery.finding import Finding, News, Progress, Scope, ScopeError
from edge_agent.discovery.networks import own_networks, scope_of, too_large
from edge_agent.discovery.scan import scan
from edge_agent.discovery.serial_ports import SerialPort, SerialRoom
from edge_agent.discovery.sweep import Pace
from simulators.devices.modbus import ModbusHost, ModbusUnit
from simulators.devices.onvif import OnvifCamera
from simulators.models import MODELS
from tests.edge_agent.discovery.places import CATALOGUE, everything, found, loopback

LAN = IPv4Network("192.168.10.0/24")
ROUTES = """Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT
eth0 00000000 010AA8C0 0003 0 0 0 00000000 0 0 0
eth0 000AA8C0 00000000 0001 0 0 0 00FFFFFF 0 0 0
docker0 000011AC 00000000 0001 0 0 0 0000FFFF 0 0 0
wwan0 0000000A 00000000 0001 0 0 0 000000FF 0 0 0
eth1 00007108 00000000 0001 0 0 0 00FFFFFF 0 0 0
eth2 0000100A 00000000 0001 0 0 0 0000FFFF 0 0 0
"""


def test_own_networks_are_those_of_the_interfaces_and_private() -> None:
    own = own_networks(ROUTES)
    assert own == (LAN, IPv4Network("10.16.0.0/16"))  # no default route, no container, no modem, no public address
    assert too_large(own) == (IPv4Network("10.16.0.0/16"),)
    assert scope_of(own=own).networks == (LAN,)


@pytest.mark.parametrize(
    "wanted", ["8.8.8.8", "192.168.11.0/24", "192.168.0.0/16", "10.16.0.0/16", "router.local", "::1"]
)
def test_a_search_beyond_the_own_networks_is_refused(wanted: str) -> None:
    with pytest.raises(ScopeError):
        scope_of([wanted], own=own_networks(ROUTES))


@pytest.mark.parametrize("wanted", ["192.168.10.40", "192.168.10.0/26", "10.16.4.0/22", "127.0.0.1"])
def test_parts_of_own_networks_and_the_gateway_itself_may_be_searched(wanted: str) -> None:
    assert scope_of([wanted], own=own_networks(ROUTES)).networks == (IPv4Network(wanted),)


async def test_all_rooms_search_at_once_and_the_search_ends() -> None:
    gauge = ModbusUnit(CATALOGUE["river_gauge_radar"], MODELS["river_gauge_radar"](1), unit=1)
    async with ModbusHost([gauge]) as host, OnvifCamera() as camera:
        scope = loopback(
            kinds=("modbus_tcp", "onvif", "snmp", "http"), modbus_ports=(host.port,), units=(1,), http_ports=(1,),
            onvif_port=camera.port, snmp_port=1,
        )  # fmt: skip
        findings = await found(scan(scope, CATALOGUE))
    assert {finding.kind for finding in findings} == {"modbus_tcp", "onvif"}


async def test_a_room_that_never_ends_is_stopped_and_says_so() -> None:
    news = await everything(scan(loopback(limit_s=0.1), CATALOGUE, rooms={"http": _endless}))
    assert news[-1] == Progress("http", 0, 0, note="time up")


async def test_leaving_a_search_ends_it_at_once() -> None:
    closed = asyncio.Event()

    async def room(scope: Scope) -> AsyncGenerator[News, None]:
        try:
            async for item in _endless(scope):
                yield item
        finally:
            closed.set()

    async with aclosing(scan(loopback(), CATALOGUE, rooms={"http": room})) as news:
        async for _ in news:
            break
    assert closed.is_set()


async def test_the_pace_is_kept_by_many_at_once() -> None:
    pace, begun = Pace(200), time.monotonic()
    async with asyncio.TaskGroup() as group:
        for _ in range(21):
            group.create_task(pace.turn())
    assert time.monotonic() - begun >= 20 / 200


async def test_serial_ports_are_listed_with_those_in_use_marked() -> None:
    ports = [
        SerialPort("/dev/serial/by-id/usb-A", "/dev/ttyUSB0", "USB RS485"),
        SerialPort("/dev/ttyS0", "/dev/ttyS0", "UART"),
    ]
    findings = await found(SerialRoom(lambda: ports)(loopback(busy=frozenset({"/dev/ttyUSB0"}))))
    assert [(finding.address, "in use" in finding.evidence) for finding in findings] == [
        ("/dev/serial/by-id/usb-A", True),
        ("/dev/ttyS0", False),
    ]


async def _endless(scope: Scope) -> AsyncGenerator[News, None]:
    while True:
        yield Finding("http", "x", "x")
        await asyncio.sleep(0.01)
