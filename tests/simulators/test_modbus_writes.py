"""A simulated Modbus device takes what its model can be told, shows it, and refuses the rest."""

from __future__ import annotations

import pytest

from device_profiles.load import load_catalogue
from edge_agent.connector import CommandError
from edge_agent.connectors.modbus.config import ModbusConnection
from edge_agent.connectors.modbus.connector import build_modbus
from simulators.device import constant
from simulators.devices.modbus import ModbusDevice
from simulators.encoding import Value

CATALOGUE = load_catalogue()
ORDERS: list[tuple[str, str, dict[str, Value], str, Value]] = [
    ("siren_relay", "sound", {}, "sounding", True),
    ("street_light_cabinet", "set_mode", {"mode": 2}, "mode", 2),
    ("pump_station", "stop", {}, "permitted", False),
]


@pytest.mark.parametrize(("model", "verb", "arguments", "point", "value"), ORDERS, ids=[each[0] for each in ORDERS])
async def test_it_obeys(model: str, verb: str, arguments: dict[str, Value], point: str, value: Value) -> None:
    profile = CATALOGUE[model]
    async with ModbusDevice(profile, constant(permitted=True)) as device:
        connection = ModbusConnection(host="127.0.0.1", port=device.port, timeout_s=1)
        unit = build_modbus([("d", connection, profile)])["d"]
        await unit.write(verb, arguments)
        assert {each.point: each.value for each in await unit.poll()}[point] == value
        with pytest.raises(CommandError):
            await unit.write(verb, {"mode": 9})
        await unit.close()
