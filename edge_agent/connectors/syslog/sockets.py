"""The sockets of a door: datagrams, and streams with or without TLS."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from typing import Protocol, cast

from edge_agent.connectors.syslog.frames import Frames
from edge_agent.connectors.syslog.tls import TlsEnd

log = logging.getLogger(__name__)

LONGEST_LINE = 65_535
HANDSHAKE_S = 10.0
PROBE_AFTER_S, PROBE_EVERY_S, PROBES = 60, 20, 3  # of a stream: its sender may have lost its power


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

    def __init__(self, door: Hearing, context: ssl.SSLContext | None = None) -> None:
        self._door = door
        self._tls = TlsEnd(context) if context else None
        self._frames = Frames(LONGEST_LINE)
        self._sender = ""
        self._transport: asyncio.Transport | None = None
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody is there; strangers are sent away before a handshake costs anything."""
        stream = cast(asyncio.Transport, transport)  # asyncio gives a stream's protocol nothing else
        peer = stream.get_extra_info("peername")
        self._sender = peer[0] if peer else ""
        if not self._door.greet(stream, self._sender):
            stream.abort()
            return
        self._transport = stream
        _probe(transport.get_extra_info("socket"))
        if self._tls:
            self._deadline = asyncio.get_running_loop().call_later(HANDSHAKE_S, self._end_without_handshake)

    def data_received(self, data: bytes) -> None:
        """Some bytes of lines."""
        if self._transport is None or self._transport.is_closing():
            return
        for line in self._frames.feed(self._plain(data, self._transport)):
            self._door.hear(self._sender, line)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody is there; half a line is none."""
        if self._deadline is not None:
            self._deadline.cancel()
        if self._transport is not None:
            self._door.bid_farewell(self._transport)

    def _plain(self, data: bytes, transport: asyncio.Transport) -> bytes:
        if self._tls is None:
            return data
        plain = self._tls.receive(data)
        if answer := self._tls.answer():
            transport.write(answer)
        if self._tls.ended:
            log.debug("stream of log lines ended", extra={"sender": self._sender, "error": self._tls.ended})
            transport.close()
        return plain

    def _end_without_handshake(self) -> None:
        if self._transport is not None and self._tls is not None and not self._tls.is_ready:
            self._transport.abort()


def _probe(stream: socket.socket) -> None:
    """Lets the system find out that a sender is gone which says nothing."""
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, PROBE_AFTER_S)
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, PROBE_EVERY_S)
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, PROBES)
