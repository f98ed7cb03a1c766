"""A connection of the load client: with TLS or without, bytes in, packets out."""

from __future__ import annotations

import asyncio
import socket
import ssl
from asyncio import sslproto
from collections.abc import Callable
from functools import cache
from typing import Any, Final
from urllib.parse import urlsplit

from simulators.load.mqtt_wire import take_packets

PORTS: Final = {"mqtt": 1883, "mqtts": 8883}
CONNECT_S: Final = 3.0  # as the agents
BUFFER_BYTES: Final = 16 * 1024  # of a TLS connection; asyncio's 256 KiB would be 2.5 GB for a fleet of 10,000
Tls = Callable[[str], ssl.SSLContext | None]  # what a gateway shows the broker; None = it speaks without TLS


def without_tls(_gateway: str) -> None:
    """Without TLS."""


def spare_buffers() -> None:
    """Gives TLS connections of this program small buffers."""
    sslproto.SSLProtocol.max_size = BUFFER_BYTES


async def reach(host: str, port: int) -> socket.socket:
    """A connection that the other side's system has taken; OSError or TimeoutError."""
    family, address = _looked_up(host, port)
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setblocking(False)
    try:
        async with asyncio.timeout(CONNECT_S):
            await asyncio.get_running_loop().sock_connect(sock, address)
    except BaseException:
        sock.close()
        raise
    return sock


@cache
def _looked_up(host: str, port: int) -> tuple[socket.AddressFamily, Any]:
    """Once for the whole fleet, and the older family first: not every broker here listens at both."""
    found = sorted(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM), key=lambda each: each[0])
    return found[0][0], found[0][4]


def address_of(broker: str) -> tuple[str, int]:
    """Host and port in mqtt://host:port or mqtts://host:port."""
    parts = urlsplit(broker)
    return parts.hostname or "127.0.0.1", parts.port or PORTS.get(parts.scheme, 1883)


class Wire(asyncio.Protocol):
    """Bytes in, packets out."""

    def __init__(self, hear: Callable[[int, bytes], None]) -> None:
        self._hear = hear
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self.lost = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        self._buffer += data
        for kind, body in take_packets(self._buffer):
            self._hear(kind, body)

    def connection_lost(self, _: Exception | None) -> None:
        """The connection is gone."""
        self.lost.set()

    def write(self, packet: bytes) -> None:
        """Sends a packet, unless the connection is gone."""
        if self._transport is not None and not self.lost.is_set():
            self._transport.write(packet)

    def abort(self) -> None:
        """Ends the connection without a word."""
        if self._transport is not None:
            self._transport.abort()
