"""The sockets of a door: datagrams, streams, and what TLS needs."""

from __future__ import annotations

import asyncio
import socket
import ssl
from pathlib import Path
from typing import Protocol, cast

from edge_agent.connector import LinkError
from edge_agent.connectors.syslog.frames import Frames

LONGEST_LINE = 65_535
HANDSHAKE_S = 10.0
PROBE_AFTER_S, PROBE_EVERY_S, PROBES = 60, 20, 3  # of a stream: its sender may have lost its power
OWN_CERTIFICATE = "own_certificate"


class Hearing(Protocol):
    """Who takes the lines and decides which streams may stay."""

    def hear(self, sender: str, data: bytes) -> None:
        """One line of somebody."""

    def greet(self, stream: asyncio.Transport, sender: str) -> bool:
        """Whether this stream may stay."""

    def bid_farewell(self, stream: asyncio.Transport) -> None:
        """This stream has ended."""

    def close(self) -> None:
        """The socket is gone."""


class Datagrams(asyncio.DatagramProtocol):
    """Every datagram is one line."""

    def __init__(self, door: Hearing) -> None:
        self._door = door

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """A line, or what calls itself so."""
        self._door.hear(addr[0], data.rstrip(b"\r\n\0"))

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone."""
        if exc is not None:
            self._door.close()


class Stream(asyncio.Protocol):
    """A stream of lines, with or without TLS."""

    def __init__(self, door: Hearing) -> None:
        self._door = door
        self._frames = Frames(LONGEST_LINE)
        self._sender = ""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody is there."""
        stream = cast(asyncio.Transport, transport)  # asyncio gives a stream's protocol nothing else
        self._sender = stream.get_extra_info("peername")[0]
        if not self._door.greet(stream, self._sender):
            stream.abort()
            return
        self._transport = stream
        _probe(transport.get_extra_info("socket"))

    def data_received(self, data: bytes) -> None:
        """Some bytes of lines."""
        if self._transport is None or self._transport.is_closing():
            return
        for line in self._frames.feed(data):
            self._door.hear(self._sender, line)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody is there; half a line is none."""
        if self._transport is not None:
            self._door.bid_farewell(self._transport)


def _probe(stream: socket.socket) -> None:
    """Lets the system find out that a sender is gone which says nothing."""
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, PROBE_AFTER_S)
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, PROBE_EVERY_S)
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, PROBES)


def server_context(certificate: Path, key: Path | None, authorities: Path | None) -> ssl.SSLContext:
    """What the door shows, and whom it believes; LinkError when a file is wrong or not there."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
        if authorities is not None:
            context.load_verify_locations(authorities)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ssl.SSLError) as error:
        raise LinkError(OWN_CERTIFICATE, f"certificate, key or authorities of the door: {error}") from error
    return context
