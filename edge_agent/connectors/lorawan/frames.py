"""Numbers in the bytes of a frame: at fixed places, or behind the marks of their channels. Pure.

```
 01 75 64 | 03 67 10 01 | 04 68 73        channel, type, value; a type says how long its value is
```
"""

from __future__ import annotations

import struct
from collections.abc import Mapping

from device_profiles.sources.lorawan import WIDTHS, ByteLayout

#  Lengths of the values of each type; Milesight's user guides and payload definitions, which follow IPSO and Cayenne.
LENGTHS = {
    0x00: 1, 0x01: 1, 0x02: 4, 0x67: 2, 0x68: 1, 0x73: 2, 0x75: 1, 0x7D: 2, 0x82: 2, 0x88: 9, 0xC8: 4, 0xCB: 1,
    0xCC: 4, 0xD2: 4, 0xE2: 8, 0xE3: 4, 0xE4: 5, 0xE6: 2,
}  # fmt: skip
#  Those of channels that say something else under the same type: what the device is (0xFF), and its alarms.
SPECIAL = {
    (0xFF, 0x01): 1, (0xFF, 0x09): 2, (0xFF, 0x0A): 2, (0xFF, 0x0B): 1, (0xFF, 0x0F): 1, (0xFF, 0x16): 8,
    (0xFF, 0x2E): 1, (0xFF, 0xA0): 9, (0xFF, 0xFE): 1, (0xFF, 0xFF): 2, (0x83, 0x67): 3, (0x84, 0x82): 3,
    (0x93, 0x67): 5, (0xB3, 0x67): 1,
}  # fmt: skip
HISTORY = (0x20, 0xCE)  # records of before, up to the end of the frame


def channels_in(frame: bytes) -> tuple[Mapping[tuple[int, int], bytes], bool]:
    """The values by channel and type, and whether the whole frame was understood; the last one of a channel counts."""
    found: dict[tuple[int, int], bytes] = {}
    place = 0
    while place + 2 <= len(frame):
        mark = (frame[place], frame[place + 1])
        if mark == HISTORY:
            return found, True
        length = SPECIAL.get(mark, LENGTHS.get(mark[1], 0))
        value = frame[place + 2 : place + 2 + length]
        if not length or len(value) < length:
            return found, False
        found[mark] = value
        place += 2 + length
    return found, place == len(frame)


def number_in(octets: bytes, layout: ByteLayout) -> float | int | None:
    """The raw number at its place; None when the bytes end before it does, or say that there is none."""
    at = layout.at or 0
    taken = octets[at : at + WIDTHS[layout.encoding]]
    if len(taken) < WIDTHS[layout.encoding]:
        return None
    if layout.encoding == "f32":
        (real,) = struct.unpack("<f" if layout.order == "little" else ">f", taken)
        return float(real)
    number = int.from_bytes(taken, layout.order, signed=layout.encoding.startswith("s"))
    if number in layout.absent:
        return None
    return _bits(number, layout.mask) if layout.mask else number


def counts(frame: bytes, layout: ByteLayout) -> bool:
    """Whether a frame is one of those that hold the value."""
    test = layout.only_if
    return test is None or (len(frame) > test.at and _bits(frame[test.at], test.mask) == test.equals)


def _bits(number: int, mask: int) -> int:
    """The bits under the mask, the lowest of them as 1."""
    return (number & mask) >> ((mask & -mask).bit_length() - 1)
