"""RTP payload of JPEG pictures (RFC 2435): takes a baseline JPEG apart and lays it into packets.

RTP header (RFC 3550)      JPEG header                            in the first packet of a picture
80 M|26 seq  time  ssrc    00 offset:3 type Q width/8 height/8    00 00 length:2 luma table:64 chroma table:64
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

JPEG_PAYLOAD_TYPE = 26
OTHER_PAYLOAD_TYPE = 96
TYPE_420 = 1  # RFC 2435, section 4.1: YCbCr with the colours at half size
TABLES_IN_BAND = 255  # Q: the tables ride with every picture
MAX_SCAN_BYTES = 1350  # per packet; stays below an Ethernet frame with all headers

START_OF_FRAME, QUANTISATION, START_OF_SCAN, END_OF_PICTURE = 0xC0, 0xDB, 0xDA, b"\xff\xd9"


@dataclass(frozen=True, slots=True)
class Picture:
    """What RFC 2435 sends of a JPEG; the receiver rebuilds the rest."""

    width: int
    height: int
    tables: bytes
    scan: bytes


@dataclass(frozen=True, slots=True)
class Stamp:
    """The place of a picture in its stream."""

    sequence: int
    time: int  # 90 kHz
    source: int
    payload_type: int = JPEG_PAYLOAD_TYPE


def take_apart(jpeg: bytes) -> Picture:
    """Size, quantisation tables and scan of a baseline 4:2:0 JPEG with standard Huffman tables."""
    tables: dict[int, bytes] = {}
    width = height = 0
    at = 2
    while True:
        _, marker, length = struct.unpack_from(">BBH", jpeg, at)
        body = jpeg[at + 4 : at + 2 + length]
        at += 2 + length
        if marker == QUANTISATION:
            tables |= {body[i] & 15: body[i + 1 : i + 65] for i in range(0, len(body), 65)}
        elif marker == START_OF_FRAME:
            height, width = struct.unpack_from(">HH", body, 1)
        elif marker == START_OF_SCAN:
            scan = jpeg[at : jpeg.rindex(END_OF_PICTURE)]
            return Picture(width, height, b"".join(tables[key] for key in sorted(tables)), scan)


def packets_of(picture: Picture, stamp: Stamp) -> list[bytes]:
    """The RTP packets of one picture; the last one carries the marker."""
    packets = []
    for number, offset in enumerate(range(0, len(picture.scan), MAX_SCAN_BYTES)):
        part = picture.scan[offset : offset + MAX_SCAN_BYTES]
        last = offset + len(part) == len(picture.scan)
        rtp = struct.pack(
            ">BBHII",
            0x80,
            stamp.payload_type | (0x80 if last else 0),
            (stamp.sequence + number) & 0xFFFF,
            stamp.time & 0xFFFFFFFF,
            stamp.source,
        )
        size = (picture.width // 8, picture.height // 8)
        jpeg = struct.pack(">B3sBBBB", 0, offset.to_bytes(3, "big"), TYPE_420, TABLES_IN_BAND, *size)
        tables = struct.pack(">BBH", 0, 0, len(picture.tables)) + picture.tables if offset == 0 else b""
        packets.append(rtp + jpeg + tables + part)
    return packets


def interleaved(packet: bytes, channel: int) -> bytes:
    """A packet as it lies in the RTSP connection (RFC 2326, section 10.12)."""
    return struct.pack(">cBH", b"$", channel, len(packet)) + packet
