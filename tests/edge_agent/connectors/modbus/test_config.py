"""Where Modbus devices are: addresses from a technician's command line, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from edge_agent.connectors.modbus.config import ModbusConnection, connection_from_url
from tests.readme_check import assert_documented


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("modbus://10.0.0.7", {"host": "10.0.0.7", "port": 502, "unit": 1}),
        ("modbus://meter.local:1502/12", {"host": "meter.local", "port": 1502, "unit": 12}),
        ("modbus://h/3?profile=power_meter_sdm630&timeout_s=0.5", {"unit": 3, "timeout_s": 0.5}),
        (
            "modbus+rtu:///dev/serial/by-id/usb-1?unit=4&baud_rate=19200&parity=even",
            {"transport": "rtu", "serial_port": "/dev/serial/by-id/usb-1", "unit": 4, "baud_rate": 19200},
        ),
    ],
)
def test_a_url_becomes_a_connection(url: str, expected: dict[str, Any]) -> None:
    connection = connection_from_url(url)
    assert {name: getattr(connection, name) for name in expected} == expected


@pytest.mark.parametrize(
    "url",
    ["http://h", "modbus://", "modbus:///5", "modbus://h/999", "modbus://h/x", "modbus+rtu://", "modbus://h?speed=3"],
)
def test_a_wrong_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"modbus|unit|speed"):
        connection_from_url(url)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, "needs host"),
        ({"transport": "rtu"}, "needs serial_port"),
        ({"transport": "rtu", "serial_port": "/dev/ttyS0", "unit": 0}, "1 to 247"),
        ({"transport": "rtu", "serial_port": "/dev/ttyS0", "unit": 248}, "1 to 247"),
        ({"host": "h", "max_registers": 126}, "125"),
        ({"host": "h", "colour": "red"}, "colour"),
    ],
)
def test_a_wrong_connection_is_refused(fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        ModbusConnection.model_validate(fields)


def test_each_field_is_documented() -> None:
    assert_documented("edge_agent/connectors/modbus", ModbusConnection)
