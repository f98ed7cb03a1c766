"""The Modbus connector: one poller per unit, one bus per wire."""

from __future__ import annotations

from collections.abc import Sequence

from device_profiles.schema import DeviceProfile
from edge_agent.connector import Poller
from edge_agent.connectors.modbus.config import ModbusConnection


def build_modbus(devices: Sequence[tuple[str, ModbusConnection, DeviceProfile]]) -> dict[str, Poller]:
    """The pollers of these devices by id; units on one serial line or behind one host share its bus."""
    raise NotImplementedError
