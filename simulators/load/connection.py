"""A connection of the load client: with TLS or without, bytes in, packets out."""

from __future__ import annotations

import asyncio
import ssl
from asyncio import sslproto
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from simulators.load.mqtt_wire import take_packets

PORTS: Final = {"mqtt": 1883, "mqtts": 8883}
BUFFER_BYTES: Final = 16 * 1024  # of a TLS connection; asyncio's 256 KiB would be 2.5 GB for a fleet of 10,000
Tls = Callable[[str], ssl.SSLContext | None]  # what a gateway shows the broker; None = it speaks without TLS


def without_tls(_gateway: str) -> None:
    """Without TLS."""


def spare_buffers() -> None:
    """Gives TLS connections of this program small buffers."""
    sslproto.SSLProtocol.max_size = BUFFER_BYTES


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
