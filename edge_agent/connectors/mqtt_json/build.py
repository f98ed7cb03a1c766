"""Builds the doors to devices that publish through brokers of others."""

from __future__ import annotations

from collections.abc import Sequence

from edge_agent.connectors.mqtt_json.config import MqttJsonConnection
from edge_agent.connectors.mqtt_json.connector import MqttJsonDevice
from edge_agent.connectors.mqtt_json.mapping import Hearing
from edge_agent.device import Connectors, Device, Surroundings
from edge_agent.mqtt_line import shared_line


def build(devices: Sequence[Device], around: Surroundings) -> Connectors:
    """One door per device, for hearing and for writing; those of one broker share its connection."""
    doors = {
        each.id: MqttJsonDevice(
            Hearing(each.id, each.connection.name, each.profile, each.connection.max_bytes),
            shared_line(each.connection, around),
            around.clock,
        )
        for each in devices
        if isinstance(each.connection, MqttJsonConnection)
    }
    takes_orders = {each.id for each in devices if each.profile.commands}
    return Connectors(listeners=doors, writers={name: door for name, door in doors.items() if name in takes_orders})
