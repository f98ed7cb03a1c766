"""What this room makes of recorded registers: {"input": {"0": 16862, ...}, "holding": ..., "coil": ...}; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from device_profiles.schema import DeviceProfile
from edge_agent.connector import Observation
from edge_agent.connectors.modbus.plan import Block, plan
from edge_agent.connectors.modbus.readout import read_out, without

ILLEGAL_ADDRESS = "exception_02"
LONGEST = 4  # registers of one number


def observe(device: str, profile: DeviceProfile, raw: object) -> Sequence[Observation]:
    """Every point once; an address that was not recorded is one that the device refuses."""
    tables = raw if isinstance(raw, Mapping) else {}
    found: list[Observation] = []
    for point in profile.points:
        for block in plan([point], max_registers=LONGEST, max_gap=0):
            found += _read(device, block, tables.get(block.table))
    return found


def _read(device: str, block: Block, table: object) -> Sequence[Observation]:
    cells = table if isinstance(table, Mapping) else {}
    answered = [cells.get(str(address)) for address in range(block.address, block.address + block.count)]
    words = [word for word in answered if isinstance(word, int) and 0 <= word <= 0xFFFF]
    return read_out(device, block, words) if len(words) == block.count else without(device, block, ILLEGAL_ADDRESS)
