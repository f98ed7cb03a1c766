"""Finding Modbus devices over TCP and on serial lines, and guessing what they are."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pymodbus.framer import FramerRTU

from edge_agent.config import DeviceConfig
from edge_agent.discovery.finding import Finding, SerialLine
from edge_agent.discovery.modbus_rtu import ModbusRtuRoom
from edge_agent.discovery.modbus_tcp import ModbusTcpRoom
from simulators.device import constant
from simulators.devices.modbus import ModbusHost, ModbusUnit
from simulators.encoding import registers_of
from simulators.faults import FaultKind
from simulators.models import MODELS
from tests.edge_agent.connectors.modbus.awkward import framed, serial_device, serial_frame, tcp_device
from tests.edge_agent.discovery.places import CATALOGUE, everything, found, loopback, notes, ordinary

ROOM = ModbusTcpRoom(CATALOGUE)
MODBUS = [profile for profile in CATALOGUE.profiles.values() if profile.protocol == "modbus"]
GAUGE = CATALOGUE["river_gauge_radar"]


def unit(profile: str, number: int) -> ModbusUnit:
    return ModbusUnit(CATALOGUE[profile], MODELS[profile](7), unit=number)


async def test_units_behind_one_host_are_found_and_recognised() -> None:
    units = [unit("power_meter_sdm630", 1), unit("river_gauge_radar", 3), unit("street_light_cabinet", 7)]
    async with ModbusHost(units) as host:
        findings = await found(ROOM(loopback(modbus_ports=(host.port,), units=tuple(range(1, 9)))))
    assert {finding.address.rsplit("/")[-1]: finding.profiles[0] for finding in findings} == {
        "1": "power_meter_sdm630",
        "3": "river_gauge_radar",
        "7": "street_light_cabinet",
    }
    assert findings[0].evidence["u1_v"].startswith("2")  # the technician sees what it said: 2xx V


async def test_a_finding_is_a_device_of_the_configuration_as_it_stands() -> None:
    async with ModbusHost([unit("river_gauge_radar", 3)]) as host:
        (finding,) = await found(ROOM(loopback(modbus_ports=(host.port,), units=(1, 2, 3))))
    device = DeviceConfig.model_validate(
        {"id": "d", "profile": finding.profiles[0], "name": {"vi": "a", "en": "b"}, "connection": finding.connection}
    )
    assert device.connection.kind == "modbus"
    assert device.connection.unit == 3


@pytest.mark.parametrize("profile", MODBUS, ids=lambda profile: profile.profile)
async def test_every_model_of_the_catalogue_is_its_own_best_suggestion(profile: object) -> None:
    assert isinstance(profile, type(GAUGE))
    async with ModbusHost([ModbusUnit(profile, constant(**ordinary(profile)), unit=1)]) as host:
        (finding,) = await found(ROOM(loopback(modbus_ports=(host.port,), units=(1,))))
    score = {name: finding.evidence[f"fit {name}"].split(",")[0] for name in finding.profiles}
    assert score[profile.profile] == score[finding.profiles[0]], finding.evidence  # some models have the same registers


async def test_a_device_that_answers_for_every_unit_is_found_once() -> None:
    async def respond(request: bytes, send: Callable[[bytes], None]) -> None:
        send(framed(request, [0] * int.from_bytes(request[10:12], "big")))

    async with tcp_device(respond) as (port, _):
        findings = await found(ROOM(loopback(modbus_ports=(port,), units=(1, 2, 3))))
    assert [finding.address for finding in findings] == [f"127.0.0.1:{port}/1"]
    assert findings[0].profiles == ()  # nothing but zeros: it could be anything


async def test_a_unit_that_refuses_everything_is_there_all_the_same() -> None:
    stubborn = unit("river_gauge_radar", 2)
    stubborn.faults.start(FaultKind.EXCEPTION)
    async with ModbusHost([stubborn]) as host:
        findings = await found(ROOM(loopback(modbus_ports=(host.port,), units=(1, 2))))
    assert [(finding.what, finding.profiles) for finding in findings] == [("Modbus TCP unit 2", ())]


async def test_what_the_agent_reads_itself_is_left_alone() -> None:
    gauge = unit("river_gauge_radar", 1)
    async with ModbusHost([gauge]) as host:
        busy = frozenset({f"127.0.0.1:{host.port}"})
        assert await found(ROOM(loopback(modbus_ports=(host.port,), busy=busy))) == []
    assert gauge.heard == 0


async def test_only_reading_requests_are_sent() -> None:
    functions = set[int]()

    async def respond(request: bytes, send: Callable[[bytes], None]) -> None:
        functions.add(request[7])
        if request[6] == 1:
            send(framed(request, [7] * int.from_bytes(request[10:12], "big")))

    async with tcp_device(respond) as (port, _):
        await found(ROOM(loopback(modbus_ports=(port,), units=(1,))))
    assert functions <= {1, 2, 3, 4}
    assert functions


async def test_nobody_listening_is_no_finding_and_no_error() -> None:
    news = await everything(ROOM(loopback(modbus_ports=(1,))))
    assert [(item.done, item.total) for item in news if not isinstance(item, Finding)] == [(1, 1)]


async def test_a_gauge_on_a_serial_line_is_found_with_the_settings_of_the_line() -> None:
    registers = registers_of(GAUGE, {"level_m": 29.87, "velocity_m_s": 1.2, "batt_v": 12.6})

    async def respond(request: bytes, send: Callable[[bytes], None]) -> None:
        first, count = int.from_bytes(request[2:4], "big"), int.from_bytes(request[4:6], "big")
        if request[0] != 5:
            return
        words = [registers.get(("input", address)) for address in range(first, first + count)]
        if request[1] == 4 and all(word is not None for word in words):
            send(serial_frame(request, [word or 0 for word in words]))
        else:
            send(FramerRTU.encode(None, bytes([request[1] | 0x80, 2]), 5, 0))  # type: ignore[arg-type]

    room = ModbusRtuRoom(CATALOGUE, ports=lambda: ())
    async with serial_device(respond) as line:
        fast = SerialLine(115_200)
        (finding,) = await found(room(loopback(serial_ports=(line,), lines=(fast,), units=(4, 5, 6))))
    assert finding.profiles[0] == "river_gauge_radar"
    assert finding.connection == {
        "kind": "modbus", "transport": "rtu", "serial_port": line, "baud_rate": 115_200, "parity": "none",
        "stop_bits": 1, "unit": 5,
    }  # fmt: skip


async def test_serial_ports_in_use_and_ports_that_are_gone_are_named() -> None:
    room = ModbusRtuRoom(CATALOGUE, ports=lambda: ())
    scope = loopback(serial_ports=("/dev/ttyOURS", "/dev/ttyGONE"), busy=frozenset({"/dev/ttyOURS"}))
    told = await notes(room(scope))
    assert "/dev/ttyOURS is in use" in told
    assert "/dev/ttyGONE cannot be opened" in told
