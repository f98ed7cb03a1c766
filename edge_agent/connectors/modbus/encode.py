"""Numbers to registers: the way back from `decode`, for what a command sets."""

from __future__ import annotations

import struct

from device_profiles.sources.modbus import Encoding, ModbusSource
from edge_agent.connector import CommandError, Scalar
from edge_agent.connectors.modbus.decode import FORMATS
from edge_agent.scaling import unscaled

WRITABLE = frozenset({"coil", "holding"})
FLOATS = frozenset({Encoding.F32, Encoding.F64})


def encode(source: ModbusSource, value: Scalar) -> list[int]:
    """The registers, or the one bit, that hold this value; CommandError when none can."""
    if source.table not in WRITABLE:
        raise CommandError(f"the table {source.table} of a Modbus device cannot be written")
    if isinstance(value, str):
        raise CommandError(f"a register holds no text: {value!r}")
    if source.encoding is Encoding.BIT:
        if value not in (0, 1):
            raise CommandError(f"a coil is on or off, not {value!r}")
        return [int(value)]
    raw = unscaled(value, scale=source.scale, offset=source.offset)
    if raw is None:
        raise CommandError(f"a scale of {source.scale:g} has no way back")
    try:
        packed = struct.pack(FORMATS[source.encoding], raw if source.encoding in FLOATS else round(raw))
    except (struct.error, OverflowError, ValueError) as error:
        raise CommandError(f"{value!r} does not fit into {source.encoding}") from error
    words = list(struct.unpack(f">{len(packed) // 2}H", packed))
    return words if source.word_order == "big" else words[::-1]
