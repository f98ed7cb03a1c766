"""A broker that the test holds in its hand: what it answers to which packet, when, and what it says unasked.

MQTT 3.1.1, one byte of kind and flags, the length, then the body; see the OASIS standard, chapter 3.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

CONNECT, PUBLISH, SUBSCRIBE, PINGREQ, DISCONNECT = 1, 3, 8, 12, 14


@dataclass(frozen=True, slots=True)
class Packet:
    """What the client said; `number` is its packet identifier, 0 when it has none."""

    kind: int
    number: int = 0
    topic: str = ""
    payload: bytes = b""

    @property
    def answer(self) -> bytes:
        """What an honest broker says to it; nothing when it says nothing."""
        number = self.number.to_bytes(2, "big")
        if self.kind == PUBLISH:
            return b"\x40\x02" + number if self.number else b""
        return {CONNECT: b"\x20\x02\x00\x00", SUBSCRIBE: b"\x90\x03" + number + b"\x01", PINGREQ: b"\xd0\x00"}.get(
            self.kind, b""
        )


def honest(broker: StandIn, packet: Packet) -> None:
    """Answers everything at once."""
    broker.say(packet.answer)


@dataclass
class StandIn:
    """Takes one client after the other; `manner` decides what each packet is answered with."""

    manner: Callable[[StandIn, Packet], None] = honest
    port: int = 0
    connections: int = 0
    packets: list[Packet] = field(default_factory=list)
    writer: asyncio.StreamWriter | None = None

    def say(self, octets: bytes) -> None:
        """Sends this to the client that is here now."""
        if self.writer is not None and octets:
            self.writer.write(octets)

    def publish(self, topic: str, payload: bytes) -> None:
        """A message at QoS 0."""
        body = len(topic).to_bytes(2, "big") + topic.encode() + payload
        self.say(b"\x30" + _length(len(body)) + body)

    def published(self, channel: str) -> list[Packet]:
        """What the client published to topics that end so."""
        return [packet for packet in self.packets if packet.kind == PUBLISH and packet.topic.endswith(channel)]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client until it goes."""
        self.connections += 1
        self.writer = writer
        with suppress(OSError, asyncio.IncompleteReadError):
            while True:
                packet = await _packet(reader)
                self.packets.append(packet)
                self.manner(self, packet)
        writer.close()


@asynccontextmanager
async def stand_in(
    manner: Callable[[StandIn, Packet], None] = honest, *, tls: ssl.SSLContext | None = None
) -> AsyncIterator[StandIn]:
    """A broker on a port of its own."""
    made = StandIn(manner)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0, ssl=tls)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        if made.writer is not None:
            made.writer.close()


async def _packet(reader: asyncio.StreamReader) -> Packet:
    head, length, shift = (await reader.readexactly(1))[0], 0, 0
    while True:
        octet = (await reader.readexactly(1))[0]
        length |= (octet & 127) << shift
        shift += 7
        if octet < 128:
            break
    body = await reader.readexactly(length)
    kind = head >> 4
    if kind == PUBLISH:
        end = 2 + int.from_bytes(body[:2], "big")
        numbered = 2 if head & 6 else 0
        number = int.from_bytes(body[end : end + numbered], "big")
        return Packet(kind, number, body[2:end].decode(), body[end + numbered :])
    return Packet(kind, int.from_bytes(body[:2], "big") if kind == SUBSCRIBE else 0)


def _length(size: int) -> bytes:
    octets = bytearray()
    while True:
        size, low = divmod(size, 128)
        octets.append(low | (128 if size else 0))
        if not size:
            return bytes(octets)
