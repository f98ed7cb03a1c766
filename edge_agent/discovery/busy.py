"""What the running agent uses already: a search leaves these doors alone."""

from __future__ import annotations

import os
from collections.abc import Iterable
from urllib.parse import urlsplit

from edge_agent.config import Connection
from edge_agent.connectors.camera.config import CameraConnection
from edge_agent.connectors.http_json.config import HttpJsonConnection
from edge_agent.connectors.kiosk.config import KioskConnection
from edge_agent.connectors.modbus.config import ModbusConnection

PORTS = {"http": 80, "https": 443, "rtsp": 554}


def busy_of(connections: Iterable[Connection]) -> frozenset[str]:
    """Serial ports, by both of their names, and `host:port` of these connections."""
    doors: set[str] = set()
    for connection in connections:
        if isinstance(connection, ModbusConnection):
            serial = connection.serial_port
            doors |= {connection.bus} | ({os.path.realpath(serial)} if serial else set())
        elif isinstance(connection, HttpJsonConnection | KioskConnection | CameraConnection):
            parts = urlsplit(connection.url)
            doors.add(f"{parts.hostname}:{parts.port or PORTS.get(parts.scheme, 0)}")
    return frozenset(doors)
