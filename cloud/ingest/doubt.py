"""Marks what a gateway read while its clock was not to be trusted: the values are kept, their times are in doubt."""

from __future__ import annotations

import msgspec

from cloud.inventory.passages import DOUBTED
from device_profiles.wire import DeviceBlock


def doubted(block: DeviceBlock) -> DeviceBlock:
    """The block with every value marked; a reading without value keeps the code that says why."""
    quality: dict[str, list[tuple[int, str]]] = {}
    for key, column in block.points.items():
        codes = {row: code for row, code in block.quality.get(key, ()) if column[row] is None}
        codes.update((row, DOUBTED) for row, cell in enumerate(column) if cell is not None)
        if codes:
            quality[key] = sorted(codes.items())
    return msgspec.structs.replace(block, quality=quality)
