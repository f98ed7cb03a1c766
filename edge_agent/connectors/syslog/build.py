"""Builds the listeners of devices that send their system logs."""

from __future__ import annotations

from collections.abc import Sequence

from edge_agent.connectors.syslog.config import SyslogConnection
from edge_agent.connectors.syslog.connector import LogListener
from edge_agent.device import Connectors, Device, Surroundings


def build(devices: Sequence[Device], around: Surroundings) -> Connectors:
    """One listener per device; those that send to one address share its door."""
    listeners = {
        each.id: LogListener(each, each.connection, wires=around.wires, clock=around.clock)
        for each in devices
        if isinstance(each.connection, SyslogConnection)
    }
    return Connectors(listeners=listeners)
