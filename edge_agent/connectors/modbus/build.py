"""Builds the doors to Modbus devices."""

from __future__ import annotations

from collections.abc import Sequence

from edge_agent.connectors.modbus.config import ModbusConnection
from edge_agent.connectors.modbus.connector import build_modbus
from edge_agent.device import Connectors, Device, Surroundings


def build(devices: Sequence[Device], around: Surroundings) -> Connectors:
    """One poller per unit, and a writer where it takes commands; units on one line or behind one host share its bus."""
    units = [
        (each.id, each.connection, each.profile) for each in devices if isinstance(each.connection, ModbusConnection)
    ]
    pollers = build_modbus(units, around.wires)
    writers = {device: pollers[device] for device, _, profile in units if profile.commands}
    return Connectors(pollers=pollers, writers=writers)
