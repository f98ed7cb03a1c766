"""Builds the pollers of SDI-12 sensors."""

from __future__ import annotations

from collections.abc import Sequence

from edge_agent.connectors.sdi12.config import Sdi12Connection
from edge_agent.connectors.sdi12.connector import Sdi12Sensor
from edge_agent.connectors.sdi12.line import SerialLine
from edge_agent.device import Connectors, Device, Surroundings


def build(devices: Sequence[Device], around: Surroundings) -> Connectors:
    """One poller per sensor; sensors on one serial port share its line."""
    wires = around.wires
    for name, line in list(wires.items()):
        if isinstance(line, SerialLine) and not line.in_use:
            del wires[name]
    pollers: dict[str, Sdi12Sensor] = {}
    for each in devices:
        if isinstance(each.connection, Sdi12Connection):
            line = wires.setdefault(("sdi12", *each.connection.line), SerialLine(each.connection))
            pollers[each.id] = sensor = Sdi12Sensor(
                each.id, each.connection, each.profile, line, period_s=each.period_s
            )
            line.join(sensor)
    return Connectors(pollers=pollers)
