"""Writes a tiny ONNX file by hand, so that tests need no weights and no further library: mean of the picture x gains.

The wire format is that of Protocol Buffers; field numbers are those of onnx.proto3 (IR version 8, opset 13).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

FLOAT, INT64 = 1, 7


def write_model(path: Path, gains: Sequence[float], *, height: int = 36, width: int = 64) -> Path:
    """Output [1, n] = mean of the input picture times each gain."""
    node = _node("ReduceMean", ["picture"], ["mean"], _ints("axes", [1, 2, 3]), _int("keepdims", 1))
    flat = _node("Reshape", ["mean", "shape"], ["flat"])
    times = _node("MatMul", ["flat", "gains"], ["scores"])
    graph = (
        b"".join(_field(1, one) for one in (node, flat, times))
        + _field(2, b"graph")
        + _field(5, _tensor("gains", FLOAT, [1, len(gains)], struct.pack(f"<{len(gains)}f", *gains)))
        + _field(5, _tensor("shape", INT64, [2], struct.pack("<2q", 1, 1)))
        + _field(11, _value("picture", [1, 1, height, width]))
        + _field(12, _value("scores", [1, len(gains)]))
    )
    path.write_bytes(_number(1, 8) + _field(7, graph) + _field(8, _field(1, b"") + _number(2, 13)))
    return path


def _node(kind: str, inputs: Sequence[str], outputs: Sequence[str], *attributes: bytes) -> bytes:
    named = b"".join(_field(1, one.encode()) for one in inputs) + b"".join(_field(2, one.encode()) for one in outputs)
    return named + _field(4, kind.encode()) + b"".join(_field(5, one) for one in attributes)


def _ints(name: str, values: Sequence[int]) -> bytes:
    return _field(1, name.encode()) + b"".join(_number(8, value) for value in values) + _number(20, 7)


def _int(name: str, value: int) -> bytes:
    return _field(1, name.encode()) + _number(3, value) + _number(20, 2)


def _tensor(name: str, kind: int, sides: Sequence[int], raw: bytes) -> bytes:
    return b"".join(_number(1, side) for side in sides) + _number(2, kind) + _field(8, name.encode()) + _field(9, raw)


def _value(name: str, sides: Sequence[int]) -> bytes:
    shape = b"".join(_field(1, _number(1, side)) for side in sides)
    return _field(1, name.encode()) + _field(2, _field(1, _number(1, FLOAT) + _field(2, shape)))


def _field(number: int, body: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(body)) + body


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])
