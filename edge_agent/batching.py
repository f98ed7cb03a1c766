"""Rows and events become loads of about a batch each; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypeVar

from device_profiles.schema import DeviceProfile
from device_profiles.wire import DeviceBlock, Event, readings_in
from edge_agent.outbox.base import Load, Priority
from edge_agent.sampling.columns import to_block
from edge_agent.sampling.sieve import Row

READINGS_PER_BATCH = 500  # about 4 kB packed: small enough for a thin link, large enough to spread the overhead
T = TypeVar("T")


def to_loads(
    rows: Mapping[str, Sequence[Row]],
    events: Sequence[Event],
    *,
    profiles: Mapping[str, DeviceProfile],
    clock: Literal["good", "doubtful"],
    boot: str = "",
) -> list[Load]:
    """Events first, then readings by device. With a `boot` the times count from its start."""
    loads = [
        Load(
            Priority.EVENTS,
            min(e.at for e in some),
            max(e.at for e in some),
            events=tuple(some),
            clock=clock,
            boot=boot,
        )
        for some in _slices(events, READINGS_PER_BATCH)
    ]
    for blocks in _full_batches(_blocks_of(rows, profiles)):
        times = [(block.times[0], sum(block.times)) for block in blocks]
        begin, end = min(first for first, _ in times), max(last for _, last in times)
        loads.append(Load(Priority.READINGS, begin, end, devices=tuple(blocks), clock=clock, boot=boot))
    return loads


def _blocks_of(rows: Mapping[str, Sequence[Row]], profiles: Mapping[str, DeviceProfile]) -> list[DeviceBlock]:
    return [
        to_block(device, profiles[device].profile, some)
        for device, mine in rows.items()
        for some in _slices(mine, max(1, READINGS_PER_BATCH // len(profiles[device].points)))
    ]


def _full_batches(blocks: Sequence[DeviceBlock]) -> list[list[DeviceBlock]]:
    """Blocks in groups of about a batch; a device stands in a batch once."""
    groups: list[list[DeviceBlock]] = []
    count = READINGS_PER_BATCH
    for block in blocks:
        size = readings_in(block)
        if count + size > READINGS_PER_BATCH or block.device == groups[-1][-1].device:
            groups.append([])
            count = 0
        groups[-1].append(block)
        count += size
    return groups


def _slices(items: Sequence[T], size: int) -> list[Sequence[T]]:
    return [items[begin : begin + size] for begin in range(0, len(items), size)]
