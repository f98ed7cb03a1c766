"""Commands to a foreign Modbus server (pymodbus): set within limits, read back, and refused in words."""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from device_profiles.load import parse_profile
from device_profiles.schema import DeviceProfile
from device_profiles.sources.modbus import ModbusSource
from edge_agent.connector import CommandError, LinkError, Sample
from edge_agent.connectors.modbus.config import ModbusConnection
from edge_agent.connectors.modbus.connector import ModbusDevice, build_modbus
from edge_agent.connectors.modbus.decode import decode
from edge_agent.connectors.modbus.encode import encode

LAMPS = """
profile = "lamps"
name = { vi = "Tủ đèn", en = "Lamp cabinet" }
vendor = "generic"
model = "m"
sector = "urban"
protocol = "modbus"
period_s = 60
owner = "o"
source = "s"

[[points]]
key = "dim_pct"
name = { vi = "Độ sáng", en = "Dimming" }
unit = "%"
source = { table = "holding", address = 10, encoding = "u16", scale = 0.1 }

[[points]]
key = "contactor"
name = { vi = "Công tắc tơ", en = "Contactor" }
type = "bool"
source = { table = "coil", address = 3, encoding = "bit" }

[[commands]]
verb = "dim"
name = { vi = "Giảm sáng", en = "Dim" }
arguments = ["percent"]
[commands.write]
source = { table = "holding", address = 10, encoding = "u16", scale = 0.1 }
minimum = 20
maximum = 100
within_s = 0.5

[[commands]]
verb = "limit_w"
name = { vi = "Giới hạn", en = "Limit" }
arguments = ["watts"]
[commands.write]
source = { table = "holding", address = 20, encoding = "f32", word_order = "little" }
minimum = 0
maximum = 90000
within_s = 0.5

[[commands]]
verb = "lamps_on"
name = { vi = "Bật đèn", en = "Lamps on" }
write = { source = { table = "coil", address = 3, encoding = "bit" }, value = true, within_s = 0.5 }

[[commands]]
verb = "elsewhere"
name = { vi = "Chỗ khác", en = "Elsewhere" }
write = { source = { table = "holding", address = 4000, encoding = "u16" }, value = 1, within_s = 0.5 }
"""
PROFILE: DeviceProfile = parse_profile(LAMPS)


@pytest.fixture
async def lamps() -> AsyncIterator[ModbusDevice]:
    coils = [SimData(0, values=[False] * 16, datatype=DataType.BITS)]
    words = [SimData(0, values=[0] * 64, datatype=DataType.REGISTERS)]
    device = SimDevice(id=1, simdata=(coils, coils, words, words))
    server = ModbusTcpServer(device, address=("127.0.0.1", 0))
    await server.listen()
    port = server.transport.sockets[0].getsockname()[1]  # type: ignore[union-attr]
    connection = ModbusConnection(host="127.0.0.1", port=port, timeout_s=0.5)
    lamps = build_modbus([("lamps", connection, PROFILE)])["lamps"]
    yield lamps
    await lamps.close()
    await server.shutdown()


async def shown(lamps: ModbusDevice) -> dict[str, Any]:
    return {each.point: each.value for each in await lamps.poll() if isinstance(each, Sample)}


async def test_what_is_set_is_read_back(lamps: ModbusDevice) -> None:
    assert await lamps.write("dim", {"percent": 62.5}) == "the unit shows 62.5"
    assert await lamps.write("lamps_on", {}) == "the unit shows True"
    assert await lamps.write("limit_w", {"watts": 1234.5}) == "the unit shows 1234.5"
    assert await shown(lamps) == {"dim_pct": 62.5, "contactor": True}


@pytest.mark.parametrize(
    ("verb", "arguments", "why"),
    [
        ("dim", {"percent": 19.9}, "dim takes 20 to 100, not 19.9"),
        ("dim", {"percent": True}, "dim takes 20 to 100, not True"),
        ("dim", {}, "dim takes: percent"),
        ("explode", {}, "a lamps does not know the command explode"),
        ("elsewhere", {}, "unit 1 refuses elsewhere: exception 02"),
    ],
    ids=["limit", "type", "argument", "verb", "address"],
)
async def test_what_is_not_allowed_is_refused_and_nothing_changes(
    lamps: ModbusDevice, verb: str, arguments: dict[str, Any], why: str
) -> None:
    with pytest.raises(CommandError, match=why):
        await lamps.write(verb, arguments)
    assert await shown(lamps) == {"dim_pct": 0, "contactor": False}


async def test_a_silent_unit_has_not_obeyed() -> None:
    connection = ModbusConnection(host="127.0.0.1", port=9, timeout_s=0.3)
    with pytest.raises(LinkError):
        await build_modbus([("lamps", connection, PROFILE)])["lamps"].write("lamps_on", {})


def source(encoding: str, **fields: Any) -> ModbusSource:
    table = "coil" if encoding == "bit" else "holding"
    return ModbusSource.model_validate({"table": table, "address": 0, "encoding": encoding, **fields})


@given(st.sampled_from(["big", "little"]), st.data())
def test_every_encoding_comes_back_as_it_went(word_order: str, data: st.DataObject) -> None:
    ranges = {"u16": (0, 2**16 - 1), "s16": (-(2**15), 2**15 - 1), "u32": (0, 2**32 - 1), "s32": (-(2**31), 2**31 - 1)}
    encoding = data.draw(st.sampled_from(["bit", "f32", *ranges]))
    if encoding == "bit":
        assert decode(source("bit"), encode(source("bit"), True)) is True
        return
    if encoding == "f32":
        value: float = struct.unpack(">f", struct.pack(">f", data.draw(st.floats(-(2.0**60), 2.0**60, width=32))))[0]
    else:
        value = data.draw(st.integers(*ranges[encoding]))
    there = source(encoding, word_order=word_order)
    assert decode(there, encode(there, value)) == pytest.approx(value, rel=1e-6)


@pytest.mark.parametrize(
    ("encoding", "value"), [("u16", -1), ("u16", 70000), ("s16", 40000), ("bit", 2), ("u16", "on"), ("f32", 1e300)]
)
def test_what_no_register_can_hold_is_refused(encoding: str, value: Any) -> None:
    with pytest.raises(CommandError):
        encode(source(encoding), value)


def test_an_input_register_is_never_written() -> None:
    with pytest.raises(CommandError, match="cannot be written"):
        encode(source("u16", table="input"), 1)
