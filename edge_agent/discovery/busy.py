"""What the running agent uses already: a search leaves these doors alone."""

from __future__ import annotations

import os
from collections.abc import Iterable
from urllib.parse import urlsplit

from edge_agent.device import Connection

PORTS = {"http": 80, "https": 443, "rtsp": 554, "onvif": 80, "onvifs": 443}


def busy_of(connections: Iterable[Connection]) -> frozenset[str]:
    """Serial ports, by both of their names, and `host:port` of these connections."""
    doors: set[str] = set()
    for connection in connections:
        said = connection.model_dump(mode="json")
        url, serial, host, port = (said.get(key) for key in ("url", "serial_port", "host", "port"))
        if serial:
            doors |= {serial, os.path.realpath(serial)}
        elif url:
            parts = urlsplit(url)
            doors.add(f"{parts.hostname}:{parts.port or PORTS.get(parts.scheme, 0)}")
        elif host and port:
            doors.add(f"{host}:{port}")
    return frozenset(doors)
