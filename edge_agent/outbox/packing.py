"""A load with its number becomes the bytes that travel; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from msgspec.structs import replace

from device_profiles.wire import DEFAULT_LIMITS, Batch, Dropped, encode, readings_in, size_of
from edge_agent.outbox.base import PACK_ABOVE_BYTES, Compression, Load, Priority

SAFE_RATIO = DEFAULT_LIMITS.inflation_ratio // 2  # what shrinks further than this could be taken for a bomb


@dataclass(frozen=True, slots=True)
class Packed:
    """A batch ready for the shelf."""

    sequence: int
    priority: Priority
    base: int
    readings: int
    begin: int
    end: int
    payload: bytes = field(repr=False)


def pack(
    load: Load, *, epoch: str, sequence: int, base: int, dropped: Sequence[Dropped], compression: Compression
) -> Packed:
    """The numbered batch with what it declares, compressed when that pays."""
    batch = Batch(
        v=1,
        epoch=epoch,
        sequence=sequence,
        base=base,
        devices=list(load.devices),
        events=list(load.events),
        dropped=list(dropped),
        clock=load.clock,
    )
    payload = payload_of(batch, compression)
    return Packed(sequence, load.priority, base, size_of(batch), load.begin, load.end, payload)


def payload_of(batch: Batch, compression: Compression) -> bytes:
    """The bytes that travel; packed when that gains something, and not so much that it looks like a bomb."""
    payload = encode(batch)
    if compression == "none" or len(payload) <= PACK_ABOVE_BYTES:
        return payload
    packed = encode(batch, compression)
    return packed if len(payload) <= SAFE_RATIO * len(packed) else payload


def dated(batch: Batch, offset_ms: int) -> Batch:
    """The batch with every time that counted from the start of the boot as a time of day; what it declares stays."""
    return replace(
        batch,
        devices=[replace(block, times=[block.times[0] + offset_ms, *block.times[1:]]) for block in batch.devices],
        events=[replace(event, at=event.at + offset_ms) for event in batch.events],
    )


def readings_per_device(load: Load) -> Mapping[str, int]:
    """How many readings and events of each device a load carries."""
    counts: dict[str, int] = {}
    for block in load.devices:
        counts[block.device] = counts.get(block.device, 0) + readings_in(block)
    for event in load.events:
        counts[event.device] = counts.get(event.device, 0) + 1
    return counts


def merged(drops: Sequence[Dropped]) -> list[Dropped]:
    """Neighbouring ranges with the same reason as one, so that a long outage stays a short declaration."""
    ordered = sorted(drops, key=lambda drop: drop.first)
    kept = ordered[:1]
    for _, drop in pairwise(ordered):
        last = kept[-1]
        if drop.reason == last.reason and drop.first == last.last + 1:
            kept[-1] = Dropped(
                first=last.first,
                last=drop.last,
                reason=last.reason,
                readings=last.readings + drop.readings,
                begin=min(last.begin, drop.begin),
                end=max(last.end, drop.end),
            )
        else:
            kept.append(drop)
    return kept
