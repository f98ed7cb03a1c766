"""Builds pollers, writers and listeners of SNMP devices; one log-in is one engine, one port one door."""

from __future__ import annotations

from collections.abc import Sequence

from edge_agent.connectors.snmp.config import SnmpConnection
from edge_agent.connectors.snmp.connector import SnmpDevice
from edge_agent.connectors.snmp.engine import Engine
from edge_agent.connectors.snmp.listener import SnmpTraps, trap_port
from edge_agent.device import Connectors, Device, Surroundings, Wires

LOGIN = (
    "version", "username", "auth", "auth_password_env", "auth_password_file",
    "privacy", "privacy_password_env", "privacy_password_file",
)  # fmt: skip
TRAPS = "/traps"  # behind a device's name: what hears it beside the poller


def build(devices: Sequence[Device], around: Surroundings) -> Connectors:
    """One poller per device; a writer where writes are allowed, a listener where traps are heard."""
    _forget_unused(around.wires)
    pollers: dict[str, SnmpDevice] = {}
    writers: dict[str, SnmpDevice] = {}
    listeners: dict[str, SnmpTraps] = {}
    for each in devices:
        connection = each.connection
        if not isinstance(connection, SnmpConnection):
            continue
        wire = ("snmp", *(str(getattr(connection, field)) for field in LOGIN))
        engine = around.wires.setdefault(wire, Engine())
        pollers[each.id] = device = SnmpDevice(each.id, connection, each.profile, engine)
        if any(command.write for command in each.profile.commands):
            writers[each.id] = device
        if connection.trap_port:
            port = trap_port(around.wires, connection.trap_host, connection.trap_port)
            listeners[each.id + TRAPS] = SnmpTraps(device, connection, each.profile, port)
    return Connectors(pollers, listeners, writers)


def _forget_unused(wires: Wires) -> None:
    for wire in [wire for wire, held in wires.items() if wire[0] == "snmp" and not held.in_use]:
        del wires[wire]
