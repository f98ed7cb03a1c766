"""Whether a decoded batch makes sense: ids, lengths, rising times, quality beside the right cells."""

from __future__ import annotations

import re
from functools import lru_cache

from device_profiles.wire.errors import WireError
from device_profiles.wire.messages import Batch, Cell, DeviceBlock, Dropped, Event
from device_profiles.wire.topics import IDENTIFIER

NAME = re.compile(r"[a-z][a-z0-9_]{0,47}")
QUALITY = re.compile(r"(bad|uncertain):[a-z0-9_.:-]{1,40}")
EPOCH = re.compile(r"[0-9a-f]{16}")
MAX_SEQUENCE = 2**53  # the largest whole number that every JSON reader keeps exact


def prove(batch: Batch, *, max_readings: int) -> None:
    """Raises WireError with a countable reason when the batch breaks the contract."""
    if not EPOCH.fullmatch(batch.epoch):
        raise WireError("epoch", f"{batch.epoch!r} is not sixteen hex digits")
    if not 1 <= batch.sequence <= MAX_SEQUENCE or not 0 <= batch.base <= MAX_SEQUENCE:
        raise WireError("sequence", f"sequence {batch.sequence}, base {batch.base}")
    if len(batch.events) + sum(len(block.times) * len(block.points) for block in batch.devices) > max_readings:
        raise WireError("too_many_readings", f"more than {max_readings}")
    if len({block.device for block in batch.devices}) < len(batch.devices):
        raise WireError("device_twice", "a device stands in two blocks")
    for block in batch.devices:
        _prove_block(block)
    for event in batch.events:
        _prove_event(event)
    for drop in batch.dropped:
        _prove_drop(drop, before=batch.sequence)


def _prove_event(event: Event) -> None:
    if not IDENTIFIER.fullmatch(event.id) or not IDENTIFIER.fullmatch(event.device):
        raise WireError("event", f"event {event.id!r} of device {event.device!r}: not an id")
    if not NAME.fullmatch(event.kind) or not all(NAME.fullmatch(key) for key in event.facts):
        raise WireError("event", f"{event.kind!r} or a fact of it is not a name")


@lru_cache(maxsize=4096)
def _is_name(text: str) -> bool:
    """A fleet says the same few names in every batch."""
    return NAME.fullmatch(text) is not None


def _prove_drop(drop: Dropped, *, before: int) -> None:
    if not 1 <= drop.first <= drop.last < before or drop.readings < 0:
        raise WireError("dropped", f"range {drop.first}..{drop.last} before sequence {before}")


def _prove_block(block: DeviceBlock) -> None:
    rows = len(block.times)
    if not IDENTIFIER.fullmatch(block.device) or not _is_name(block.profile):
        raise WireError("device", f"device {block.device!r} of profile {block.profile!r}")
    if rows == 0 or not block.points:
        raise WireError("empty_block", f"device {block.device!r} has no times or no points")
    if rows > 1 and min(block.times[1:]) <= 0:
        raise WireError("times", f"device {block.device!r}: times do not rise")
    if sum(block.times) > MAX_SEQUENCE:
        raise WireError("times", f"device {block.device!r}: the last time is no time")
    for key, column in block.points.items():
        if len(column) != rows or not _is_name(key):
            raise WireError("column", f"{block.device!r}.{key!r}: {len(column)} cells for {rows} times")
    for key, marks in block.quality.items():
        _prove_quality(f"{block.device!r}.{key!r}", block.points.get(key, []), marks)


def _prove_quality(where: str, column: list[Cell], marks: list[tuple[int, str]]) -> None:
    if len({position for position, _ in marks}) < len(marks):
        raise WireError("quality", f"{where}: one position has two codes")
    for position, code in marks:
        if not 0 <= position < len(column) or not QUALITY.fullmatch(code):
            raise WireError("quality", f"{where}[{position}]: {code!r}")
        if (column[position] is None) != code.startswith("bad:"):
            raise WireError("quality", f"{where}[{position}]: {code!r} with {column[position]!r}")
