"""Rows to the columnar block of the wire contract."""

from __future__ import annotations

from collections.abc import Sequence

from device_profiles.wire import DeviceBlock, relative_times
from device_profiles.wire.messages import Cell
from edge_agent.sampling.reading import Reading
from edge_agent.sampling.sieve import Row


def to_block(device: str, profile: str, rows: Sequence[Row]) -> DeviceBlock:
    """The rows of one device as one block; rows of the same time become one."""
    moments: dict[int, dict[str, Reading]] = {}
    for row in rows:
        moments.setdefault(row.observed_at, {}).update({reading.point: reading for reading in row.readings})
    times = sorted(moments)
    points: dict[str, list[Cell]] = {}
    quality: dict[str, list[tuple[int, str]]] = {}
    for position, moment in enumerate(times):
        for key, reading in moments[moment].items():
            points.setdefault(key, [None] * len(times))[position] = reading.value
            if reading.quality:
                quality.setdefault(key, []).append((position, reading.quality))
    return DeviceBlock(device=device, profile=profile, times=relative_times(times), points=points, quality=quality)
