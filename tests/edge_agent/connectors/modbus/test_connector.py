"""Modbus devices of every kind of the catalogue over real TCP, well and unwell."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from device_profiles.load import FileFaultsError, load_catalogue
from device_profiles.schema import DeviceProfile
from edge_agent.connector import LinkError, Poller
from edge_agent.connectors.modbus.config import ModbusConnection
from edge_agent.connectors.modbus.connector import build_modbus
from simulators.device import constant
from simulators.devices.modbus import ModbusDevice, ModbusHost, ModbusUnit
from simulators.encoding import Value
from simulators.faults import FaultKind
from tests.edge_agent.connectors.modbus.awkward import framed, serial_device, serial_frame, tcp_device
from tests.waiting import eventually

CATALOGUE = load_catalogue()
GAUGE = CATALOGUE["river_gauge_radar"]
CABINET = CATALOGUE["street_light_cabinet"]
LEVELS: Mapping[str, Value] = {"level_m": 29.87, "velocity_m_s": -0.25, "batt_v": 12.61}


def poller(port: int, profile: DeviceProfile = GAUGE, **fields: Any) -> Poller:
    fields = {"host": "127.0.0.1", "port": port, "timeout_s": 0.5, **fields}
    return build_modbus([("d", ModbusConnection(**fields), profile)])["d"]


async def values(device: Poller) -> dict[str, Any]:
    return {sample.point: sample.fault or sample.value for sample in await device.poll()}  # type: ignore[union-attr]


async def test_a_river_gauge_is_read_with_one_request() -> None:
    async with ModbusDevice(GAUGE, constant(**LEVELS)) as gauge:
        device = poller(gauge.port)
        assert await values(device) == LEVELS
        assert gauge.answered == 1
        await device.close()
        assert await values(device) == LEVELS  # whoever asks again connects again
        await device.close()


async def test_bits_words_and_enums_of_a_cabinet() -> None:
    lit: dict[str, Value] = {"u1_v": 229.4, "i3_a": 12.07, "p_w": 71_000, "energy_kwh": 429496.72, "pf": 0.955}
    lit |= {"contactor": True, "door": False, "mode": 2}
    async with ModbusDevice(CABINET, constant(**lit)) as cabinet:
        device = poller(cabinet.port, CABINET)
        read = await values(device)
        assert {key: read[key] for key in lit} == lit
        assert isinstance(read["contactor"], bool)
        await device.close()


@pytest.mark.parametrize("profile", [p for p in CATALOGUE.profiles.values() if p.protocol == "modbus"], ids=str)
async def test_every_modbus_model_can_be_read(profile: DeviceProfile) -> None:
    ones = {point.key: 1 for point in profile.points}
    async with ModbusDevice(profile, constant(**ones)) as simulated:
        device = poller(simulated.port, profile)
        assert await values(device) == ones
        await device.close()


@pytest.mark.parametrize("code", [1, 2, 3, 4, 5, 6, 8, 10, 11])
async def test_f58_an_exception_becomes_the_fault_of_the_points(code: int) -> None:
    async with ModbusDevice(CABINET, constant()) as cabinet:
        cabinet.faults.exception_code = code
        cabinet.faults.start(FaultKind.EXCEPTION)
        device = poller(cabinet.port, CABINET)
        assert set((await values(device)).values()) == {f"exception_{code:02X}"}
        cabinet.faults.stop()
        before = cabinet.answered
        assert not set((await values(device)).values()) & {f"exception_{code:02X}"}
        assert cabinet.answered - before == 3  # a refusal of the whole unit teaches nothing about its registers
        await device.close()


async def test_a_gateway_that_misses_its_unit_is_asked_once() -> None:
    async with ModbusDevice(CABINET, constant()) as cabinet:
        cabinet.faults.exception_code = 0x0B
        cabinet.faults.start(FaultKind.EXCEPTION)
        device = poller(cabinet.port, CABINET)
        assert set((await values(device)).values()) == {"exception_0B"}
        assert cabinet.answered == 1
        await device.close()


async def test_one_register_that_does_not_exist_does_not_hide_the_others() -> None:
    without = GAUGE.model_copy(update={"points": GAUGE.points[:2]})  # an older logger without battery voltage
    async with ModbusDevice(without, constant(level_m=30.5, velocity_m_s=1.5)) as gauge:
        device = poller(gauge.port)
        expected = {"level_m": 30.5, "velocity_m_s": 1.5, "batt_v": "exception_02"}
        assert await values(device) == expected
        asked = gauge.answered
        assert await values(device) == expected
        assert gauge.answered - asked < asked  # it has learned which request works
        await device.close()


async def test_no_number_is_a_fault() -> None:
    async with ModbusDevice(GAUGE, constant(level_m=float("nan"), velocity_m_s=float("inf"), batt_v=12.0)) as gauge:
        device = poller(gauge.port)
        expected = {"level_m": "not_a_number", "velocity_m_s": "not_a_number", "batt_v": 12.0}
        assert await values(device) == expected
        await device.close()


async def test_a_silent_device_times_out_and_comes_back() -> None:
    async with ModbusDevice(GAUGE, constant(**LEVELS)) as gauge:
        device = poller(gauge.port, timeout_s=0.1)
        gauge.faults.start(FaultKind.SILENT)
        with pytest.raises(LinkError, match="timeout"):
            await device.poll()
        with pytest.raises(LinkError, match="was silent"):  # left alone, without touching the wire
            await device.poll()
        gauge.faults.stop()
        assert await _in_the_end(device) == LEVELS
        await device.close()


async def test_nobody_listens() -> None:
    async with ModbusDevice(GAUGE, constant()) as gauge:
        port = gauge.port
    device = poller(port)
    with pytest.raises(LinkError, match="refused"):
        await device.poll()
    await device.close()


async def test_a_device_that_loses_power_is_connected_again() -> None:
    async with ModbusDevice(GAUGE, constant(**LEVELS)) as gauge:
        device = poller(gauge.port, timeout_s=30)
        assert await values(device) == LEVELS
        gauge.disconnect()
        async with asyncio.timeout(20):  # it does not wait out its patience on a dead connection
            assert await _in_the_end(device) == LEVELS
        await device.close()


async def test_a_connection_cut_while_waiting_ends_the_wait() -> None:
    async with ModbusDevice(GAUGE, constant(**LEVELS)) as gauge:
        device = poller(gauge.port, timeout_s=30)
        gauge.faults.start(FaultKind.SILENT)
        async with asyncio.timeout(20), asyncio.TaskGroup() as group:
            group.create_task(_expect_no_answer(device))
            await eventually(lambda: gauge.heard)
            gauge.disconnect()
        await device.close()


async def test_a_dead_unit_delays_its_neighbours_by_its_time_out_at_most() -> None:
    time_out_s = 1.0
    units = [ModbusUnit(GAUGE, constant(**LEVELS), unit=number) for number in (1, 2, 3)]
    units[1].faults.start(FaultKind.SILENT)
    async with ModbusHost(units) as host:
        connections = {
            f"d{unit.unit}": ModbusConnection(host="127.0.0.1", port=host.port, unit=unit.unit, timeout_s=time_out_s)
            for unit in units
        }
        devices = build_modbus([(name, connection, GAUGE) for name, connection in connections.items()])
        took: list[float] = []

        async def read(name: str) -> None:
            for _ in range(20):
                begin = time.monotonic()
                assert await values(devices[name]) == LEVELS
                took.append(time.monotonic() - begin)

        async def try_dead() -> None:
            for _ in range(40):
                with pytest.raises(LinkError, match="timeout"):
                    await devices["d2"].poll()
                await asyncio.sleep(0.01)

        async with asyncio.TaskGroup() as group:
            for name in ("d1", "d3"):
                group.create_task(read(name))
            group.create_task(try_dead())
        assert units[1].heard <= 2  # most attempts at the dead unit never reached the wire
        assert max(took) < 2 * time_out_s  # nobody waited for more than one of its time-outs
        for device in devices.values():
            await device.close()


async def test_units_on_a_serial_line_keep_their_turns() -> None:
    async def respond(request: bytes, send: Callable[[bytes], None]) -> None:
        if request[0] != 2:  # unit 2 is dead
            send(serial_frame(request, [0x41EE, 0xF5C3, 0xBE80, 0, 1261]))

    async with serial_device(respond) as line:
        fields: dict[str, Any] = {"transport": "rtu", "serial_port": line, "baud_rate": 115_200, "timeout_s": 0.3}
        connections = [(f"d{unit}", ModbusConnection(**fields, unit=unit), GAUGE) for unit in (1, 2, 3)]
        devices = build_modbus(connections)
        with pytest.raises(LinkError, match="timeout"):
            await devices["d2"].poll()
        for name in ("d1", "d3", "d1", "d3"):
            assert await values(devices[name]) == LEVELS
        for device in devices.values():
            await device.close()


async def test_a_unit_that_leaves_or_comes_does_not_cut_the_wire_of_its_neighbours() -> None:
    async def respond(request: bytes, send: Callable[[bytes], None]) -> None:
        send(framed(request, [0x41EE, 0xF5C3, 0xBE80, 0, 1261]))

    async with tcp_device(respond) as (port, connections):
        wires: dict[tuple[object, ...], Any] = {}

        def unit(number: int) -> tuple[str, ModbusConnection, DeviceProfile]:
            return f"d{number}", ModbusConnection(host="127.0.0.1", port=port, unit=number), GAUGE

        devices = build_modbus([unit(1), unit(2)], wires)
        for device in devices.values():
            assert await values(device) == LEVELS
        await devices["d2"].close()
        changed = build_modbus([unit(2)], wires)["d2"]
        assert await values(changed) == LEVELS
        assert await values(devices["d1"]) == LEVELS
        assert len(connections) == 1
        await devices["d1"].close()
        await changed.close()
        await devices["d1"].close()
        assert build_modbus([], wires) == {}
        assert not wires


async def test_slow_but_in_time_is_good() -> None:
    async with ModbusDevice(GAUGE, constant(**LEVELS)) as gauge:
        gauge.faults.slow_s = 0.2
        gauge.faults.start(FaultKind.SLOW)
        device = poller(gauge.port, timeout_s=2)
        assert await values(device) == LEVELS
        await device.close()


def test_devices_on_one_line_must_agree_about_it() -> None:
    fields: dict[str, Any] = {"transport": "rtu", "serial_port": "/dev/ttyS9"}
    pair = [("a", ModbusConnection(**fields), GAUGE), ("b", ModbusConnection(**fields, unit=2, baud_rate=300), GAUGE)]
    with pytest.raises(FileFaultsError, match=r"devices\[b\]\.connection\.baud_rate"):
        build_modbus(pair)


async def _expect_no_answer(device: Poller) -> None:
    with pytest.raises(LinkError, match="no_answer"):
        await device.poll()


async def _in_the_end(device: Poller) -> dict[str, Any]:
    """What the device says once it answers again."""

    async def answer() -> dict[str, Any]:
        try:
            return await values(device)
        except LinkError:
            return {}

    return await eventually(answer)
