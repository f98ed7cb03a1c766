"""The checksum of SDI-12 (version 1.3, section 4.4.12): sixteen bits as three printable characters; pure."""

from __future__ import annotations

LENGTH = 3
POLYNOMIAL = 0xA001


def checksum(text: str) -> str:
    """The three characters that belong behind this answer, address included."""
    crc = 0
    for byte in text.encode("ascii", "replace"):
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ POLYNOMIAL if crc & 1 else crc >> 1
    return "".join(chr(0x40 | part) for part in (crc >> 12, crc >> 6 & 0x3F, crc & 0x3F))
