"""Builds the pollers of Modbus devices."""

from __future__ import annotations

from collections.abc import Sequence

from edge_agent.connectors.modbus.config import ModbusConnection
from edge_agent.connectors.modbus.connector import build_modbus
from edge_agent.device import Connectors, Device, Surroundings


def build(devices: Sequence[Device], around: Surroundings) -> Connectors:
    """One poller per unit; units on one serial line or behind one host share its bus."""
    units = [
        (each.id, each.connection, each.profile) for each in devices if isinstance(each.connection, ModbusConnection)
    ]
    return Connectors(pollers=build_modbus(units, around.wires))
