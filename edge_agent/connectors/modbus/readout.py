"""What the words of an answer say about the points inside them; pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

from device_profiles.sources.modbus import REGISTERS
from edge_agent.connector import Sample
from edge_agent.connectors.modbus.decode import decode
from edge_agent.connectors.modbus.plan import Block, Spot


def read_out(device: str, block: Block, words: Sequence[int]) -> list[Sample]:
    """A sample for each point of this block; NaN and infinities are no numbers."""
    return [_sample(device, spot, block, words) for spot in block.spots]


def without(device: str, block: Block, fault: str) -> list[Sample]:
    """The same points, of which none could be read."""
    return [Sample(device, spot.point, None, fault=fault) for spot in block.spots]


def _sample(device: str, spot: Spot, block: Block, words: Sequence[int]) -> Sample:
    begin = spot.source.address - block.address
    value = decode(spot.source, words[begin : begin + REGISTERS[spot.source.encoding]])
    if not math.isfinite(value):
        return Sample(device, spot.point, None, fault="not_a_number")
    return Sample(device, spot.point, value)
