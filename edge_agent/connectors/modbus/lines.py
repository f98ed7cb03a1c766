"""Whether devices on one wire agree about it; pure."""

from __future__ import annotations

from collections.abc import Iterable

from device_profiles.explain import Fault
from edge_agent.connectors.modbus.config import ModbusConnection

LINE_SETTINGS = ("transport", "baud_rate", "parity", "stop_bits")  # of a wire, not of one unit


def line_conflicts(devices: Iterable[tuple[str, ModbusConnection]]) -> list[Fault]:
    """Devices on one serial line that disagree about its settings."""
    first: dict[str, tuple[str, ModbusConnection]] = {}
    faults: list[Fault] = []
    for device, connection in devices:
        other, agreed = first.setdefault(connection.bus, (device, connection))
        for setting in LINE_SETTINGS:
            mine, theirs = getattr(connection, setting), getattr(agreed, setting)
            if mine != theirs:
                reason = f"is {mine}, but {other} on the same line {connection.bus} says {theirs}"
                faults.append(Fault("gateway", f"devices[{device}].connection.{setting}", reason, "make them equal"))
    return faults


def wire_of(connection: ModbusConnection) -> tuple[object, ...]:
    """What makes a wire this one: devices for which it is equal share it, also over a change of the configuration."""
    return (connection.bus, *(getattr(connection, setting) for setting in LINE_SETTINGS))
