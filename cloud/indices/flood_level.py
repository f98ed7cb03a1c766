"""The index `flood_level`: how many flood alarm levels (báo động) a river has reached, and how far the next one is."""

from __future__ import annotations

from collections.abc import Sequence

from cloud.rules.ladder import IDLE, Ladder, Standing
from cloud.store.base import Columns
from device_profiles.schema import PointType
from device_profiles.wire.messages import Cell

PROFILE = "index_flood_level"
LEVEL = "flood_level"
DELTA = "delta_to_next_m"
TYPES = {LEVEL: PointType.ENUM, DELTA: PointType.FLOAT}


def flood_level(
    ladder: Ladder, standing: Standing, readings: Sequence[tuple[int, float]]
) -> tuple[Standing, list[int], list[Cell], list[Cell]]:
    """The standing after these readings; for each of them its time, the level, and the metres to the next level.

    The thresholds and the hysteresis are those of the flood rule; a hold does not delay the index.
    """
    prompt = Ladder(ladder.sign, ladder.enter, ladder.leave, 0)
    times: list[int] = []
    levels: list[Cell] = []
    deltas: list[Cell] = []
    for at, value in readings:
        standing = prompt.step(standing, at, value)
        times.append(at)
        levels.append(standing.level)
        deltas.append(round(ladder.enter[standing.level] - value, 4) if standing.level < len(ladder.enter) else None)
    return standing, times, levels, deltas


def derive(
    block: Columns,
    ladder: Ladder,
    standing: Standing,
    *,
    late: Sequence[tuple[int, float]],
    live: Sequence[tuple[int, float]],
) -> tuple[Standing, Columns]:
    """The index of a block of readings as columns of its own; late readings do not move the standing."""
    _, late_times, late_levels, late_deltas = flood_level(ladder, IDLE, late)
    standing, times, levels, deltas = flood_level(ladder, standing, live)
    columns = Columns(
        site=block.site,
        gateway=block.gateway,
        device=block.device,
        profile=PROFILE,
        times=late_times + times,
        points={LEVEL: late_levels + levels, DELTA: late_deltas + deltas},
        quality={},
        types=TYPES,
    )
    return standing, columns
