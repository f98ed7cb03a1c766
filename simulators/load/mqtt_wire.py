"""As much of MQTT 3.1.1 as a load client needs: packets as bytes, so that its own cost stays small.

```
 PUBLISH  0x32 | length | topic length | topic | packet id | payload        (QoS 1)
```
"""

from __future__ import annotations

import asyncio
import struct

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK = 0x10, 0x20, 0x30, 0x40, 0x82, 0x90
QOS_1 = 0x02
CLEAN, LOGIN, WILL_RETAINED_QOS_1 = 0x02, 0xC0, 0x2C  # of the greeting
PING = b"\xc0\x00"
LARGEST_PACKET_ID = 65_535


def connect_packet(
    client_id: str,
    *,
    username: str = "",
    password: str = "",
    keep_alive_s: int = 60,
    will: tuple[str, bytes] | None = None,
) -> bytes:
    """The greeting of a clean session; `will` is a topic and what is retained there when the connection is lost."""
    flags, rest = CLEAN, b""
    if will is not None:
        flags |= WILL_RETAINED_QOS_1
        rest += _text(will[0]) + struct.pack("!H", len(will[1])) + will[1]
    if username:
        flags |= LOGIN
        rest += _text(username) + _text(password)
    return _packet(
        CONNECT, _text("MQTT") + bytes((4, flags)) + struct.pack("!H", keep_alive_s) + _text(client_id) + rest
    )


def subscribe_packet(*topics: str) -> bytes:
    """Asks for topics at QoS 0: a receipt that is lost is asked for again by a real gateway."""
    return _packet(SUBSCRIBE, struct.pack("!H", 1) + b"".join(_text(topic) + b"\x00" for topic in topics))


def publish_packet(topic: str, payload: bytes, packet_id: int, *, retain: bool = False) -> bytes:
    """One message at QoS 1."""
    return _packet(PUBLISH | QOS_1 | retain, _text(topic) + struct.pack("!H", packet_id) + payload)


def published(body: bytes) -> tuple[str, bytes]:
    """Topic and payload of a message that came at QoS 0."""
    (length,) = struct.unpack_from("!H", body)
    return body[2 : 2 + length].decode(), body[2 + length :]


async def read_packet(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """The next packet: its kind and what follows its length."""
    kind = (await reader.readexactly(1))[0]
    length = shift = 0
    while True:
        byte = (await reader.readexactly(1))[0]
        length |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return kind & 0xF0, await reader.readexactly(length)
        shift += 7


def take_packets(buffer: bytearray) -> list[tuple[int, bytes]]:
    """Every whole packet at the front of the buffer, which keeps what is left of the next one."""
    packets, here = [], 0
    while True:
        body = here + 1
        length = shift = 0
        while body < len(buffer):
            byte = buffer[body]
            body += 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                break
        else:
            break
        if body + length > len(buffer):
            break
        packets.append((buffer[here] & 0xF0, bytes(buffer[body : body + length])))
        here = body + length
    del buffer[:here]
    return packets


def _packet(kind: int, body: bytes) -> bytes:
    length, header = len(body), bytearray((kind,))
    while True:
        length, low = divmod(length, 128)
        header.append(low | 0x80 if length else low)
        if not length:
            return bytes(header) + body


def _text(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack("!H", len(encoded)) + encoded
