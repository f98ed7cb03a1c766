"""Registers to numbers: the encodings of the trade, either word order, scale and offset."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence

from device_profiles.sources.modbus import Encoding, ModbusSource

FORMATS = {
    Encoding.U16: ">H", Encoding.S16: ">h", Encoding.U32: ">I", Encoding.S32: ">i", Encoding.F32: ">f",
    Encoding.U64: ">Q", Encoding.F64: ">d",
}  # fmt: skip
F32_DIGITS = range(6, 10)  # 6 digits survive any f32, 9 always identify one
SCALED_DIGITS = 12  # 231 x 0.1 is 23.1 to the meter, whatever binary fractions say


def decode(source: ModbusSource, words: Sequence[int]) -> int | float | bool:
    """The engineering value in these registers (or this bit); NaN and infinities come through as they are."""
    if source.encoding is Encoding.BIT:
        return bool(words[0])
    raw = _raw(source, words)
    if source.scale == 1.0 and source.offset == 0.0:
        return raw
    return float(f"{raw * source.scale + source.offset:.{SCALED_DIGITS}g}")


def _raw(source: ModbusSource, words: Sequence[int]) -> int | float:
    #  word_order big:    [ high word | low word ]    each word high byte first, as the standard has it
    #  word_order little: [ low word | high word ]
    ordered = words if source.word_order == "big" else list(reversed(words))
    packed = struct.pack(f">{len(ordered)}H", *ordered)
    value: int | float = struct.unpack(FORMATS[source.encoding], packed)[0]
    return _shortest_f32(value, packed) if source.encoding is Encoding.F32 else value


def _shortest_f32(value: float, packed: bytes) -> float:
    """230.1 instead of 230.10000610351562: the shortest decimal that is this very f32."""
    if not math.isfinite(value):
        return value
    decimals = (float(f"{value:.{digits}g}") for digits in F32_DIGITS)
    return next(decimal for decimal in decimals if struct.pack(">f", decimal) == packed)
