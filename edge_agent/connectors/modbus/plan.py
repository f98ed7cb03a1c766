"""Which registers are read together: points that lie side by side become one request."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from device_profiles.schema import Point
from device_profiles.sources.modbus import REGISTERS, ModbusSource

Table: TypeAlias = Literal["coil", "discrete", "input", "holding"]

BITS_PER_REGISTER = 16
BIT_TABLES = frozenset({"coil", "discrete"})


@dataclass(frozen=True, slots=True)
class Spot:
    """Where one point lies."""

    point: str
    source: ModbusSource

    @property
    def end(self) -> int:
        """The first address behind it."""
        return self.source.address + REGISTERS[self.source.encoding]


@dataclass(frozen=True, slots=True)
class Block:
    """One request: `count` registers (or bits) of a table from `address` on, and the points inside."""

    table: Table
    address: int
    count: int
    spots: tuple[Spot, ...]


def plan(points: Iterable[Point], *, max_registers: int, max_gap: int) -> tuple[Block, ...]:
    """The fewest requests that read these points, none longer than allowed and none torn inside a number."""
    spots = [Spot(point.key, point.source) for point in points if isinstance(point.source, ModbusSource)]
    spots.sort(key=lambda spot: (spot.source.table, spot.source.address, spot.end))
    groups: list[list[Spot]] = []
    for spot in spots:
        if groups and _fits(groups[-1], spot, max_registers, max_gap):
            groups[-1].append(spot)
        else:
            groups.append([spot])
    return tuple(_block(group) for group in groups)


def split(block: Block) -> tuple[Block, Block]:
    """Two requests for the same points, cut where most unused registers lie, else in the middle."""
    gaps = [_gap(block.spots[:cut], block.spots[cut]) for cut in range(1, len(block.spots))]
    middle = len(block.spots) // 2
    cut = gaps.index(max(gaps)) + 1 if max(gaps) > 0 else middle
    return _block(block.spots[:cut]), _block(block.spots[cut:])


def _fits(group: Sequence[Spot], spot: Spot, max_registers: int, max_gap: int) -> bool:
    table, start = group[0].source.table, group[0].source.address
    factor = BITS_PER_REGISTER if table in BIT_TABLES else 1
    return (
        spot.source.table == table
        and _gap(group, spot) <= max_gap * factor
        and max(spot.end, _end(group)) - start <= max_registers * factor
    )


def _gap(group: Sequence[Spot], spot: Spot) -> int:
    return spot.source.address - _end(group)


def _end(group: Sequence[Spot]) -> int:
    return max(spot.end for spot in group)


def _block(group: Sequence[Spot]) -> Block:
    start = group[0].source.address
    return Block(group[0].source.table, start, _end(group) - start, tuple(group))
