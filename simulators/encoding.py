"""Values as a simulated device lays them out: numbers into registers, values into a JSON document."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from typing import Any, TypeAlias

from device_profiles.schema import DeviceProfile
from device_profiles.sources.http_json import JsonSource
from device_profiles.sources.modbus import Encoding, ModbusSource

Value: TypeAlias = int | float | bool | str
Registers: TypeAlias = dict[tuple[str, int], int]  # (table, address) -> 16-bit word, or 0/1 in a bit table

INTEGERS = {
    Encoding.U16: (">H", 0, 2**16 - 1), Encoding.S16: (">h", -(2**15), 2**15 - 1),
    Encoding.U32: (">I", 0, 2**32 - 1), Encoding.S32: (">i", -(2**31), 2**31 - 1),
    Encoding.U64: (">Q", 0, 2**64 - 1),
}  # fmt: skip
FLOATS = {Encoding.F32: ">f", Encoding.F64: ">d"}


def words_of(source: ModbusSource, value: float) -> list[int]:
    """The registers (or the bit) that hold this engineering value; integers saturate as a real device's do."""
    if source.encoding is Encoding.BIT:
        return [int(bool(value))]
    raw = (value - source.offset) / source.scale
    if source.encoding in FLOATS:
        packed = struct.pack(FLOATS[source.encoding], raw)
    else:
        layout, lowest, highest = INTEGERS[source.encoding]
        packed = struct.pack(layout, lowest if math.isnan(raw) else round(max(lowest, min(highest, raw))))
    words = list(struct.unpack(f">{len(packed) // 2}H", packed))
    return words if source.word_order == "big" else words[::-1]


def registers_of(profile: DeviceProfile, values: Mapping[str, Value]) -> Registers:
    """Every register of a device of this model; points without a value read as zero."""
    registers: Registers = {}
    for point in profile.points:
        if isinstance(point.source, ModbusSource):
            value = values.get(point.key, 0)
            for place, word in enumerate(words_of(point.source, 0.0 if isinstance(value, str) else value)):
                registers[point.source.table, point.source.address + place] = word
    return registers


def document_of(profile: DeviceProfile, values: Mapping[str, Value]) -> dict[str, Any]:
    """The JSON document in which a device of this model tells these values; points without a value are left out."""
    document: dict[str, Any] = {}
    for point in profile.points:
        if isinstance(point.source, JsonSource) and point.key in values:
            _put(document, point.source.path.split("."), _unscaled(point.source, values[point.key]))
    return document


def _unscaled(source: JsonSource, value: Value) -> Value:
    if isinstance(value, bool | str) or (source.scale == 1.0 and source.offset == 0.0):
        return value
    return (value - source.offset) / source.scale


def _put(document: dict[str, Any], path: list[str], value: Value) -> None:
    for step in path[:-1]:
        document = document.setdefault(step, {})
    document[path[-1]] = value
