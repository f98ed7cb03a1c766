"""Ports of this machine: the wanted one, or the next that is free."""

from __future__ import annotations

import socket

from simulators.demo.errors import DemoError

HOST = "127.0.0.1"
TRIES = 50


def is_free(port: int) -> bool:
    """True when nobody listens on this port of loopback."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # one that has just been closed counts as free
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def next_free(wanted: int) -> int:
    """The wanted port, or the first free one behind it."""
    for port in range(wanted, min(wanted + TRIES, 65536)):
        if is_free(port):
            return port
    raise DemoError(f"ports {wanted} to {wanted + TRIES - 1} are all taken")
