"""Builds the doors to LoRaWAN devices."""

from __future__ import annotations

from collections.abc import Sequence

from edge_agent.connectors.lorawan.config import LorawanConnection
from edge_agent.connectors.lorawan.connector import LorawanDevice
from edge_agent.device import Connectors, Device, Surroundings
from edge_agent.mqtt_line import shared_line


def build(devices: Sequence[Device], around: Surroundings) -> Connectors:
    """One door per device, for hearing and for writing; those of one broker share its connection."""
    doors = {
        each.id: LorawanDevice(
            each.id, each.connection, each.profile, line=shared_line(each.connection, around), clock=around.clock
        )
        for each in devices
        if isinstance(each.connection, LorawanConnection)
    }
    takes_orders = {each.id for each in devices if each.profile.commands}
    return Connectors(listeners=doors, writers={name: door for name, door in doors.items() if name in takes_orders})
