"""From the readings of a device to the columns of an index: which times, which window, and what is new. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cloud.indices.grid import grid
from cloud.indices.signal import Figures, Times, signal_of
from cloud.indices.spec import Spec
from cloud.indices.table import Place
from cloud.store.base import Columns, RawColumn
from device_profiles.schema import PointType
from device_profiles.wire.messages import Cell

TOLERANCE = 1e-9  # relative: the same figures worked out twice


@dataclass(frozen=True, slots=True)
class Source:
    """The device whose readings are looked at."""

    site: str
    gateway: str
    device: str


def affected(spec: Spec, begin: int, end: int, *, until: int) -> Times:
    """The results that readings between two times (end excluded) have a part in, as far as their time has come."""
    table = spec.table
    last = min(end - 1 + table.reach_ms + table.hold_s * 1000, until)
    return grid(begin, last, step_ms=table.step_s * 1000, offset_ms=table.offset_s * 1000)


def window(spec: Spec, at: Times) -> tuple[int, int]:
    """Between which times (end excluded) readings must be known for these results."""
    margin = spec.table.hold_s * 1000  # the reading before a window may hold into it
    return int(at[0]) - spec.table.reach_ms - margin, int(at[-1]) + 1


def work_out(
    spec: Spec, source: Source, readings: Mapping[str, RawColumn], at: Times, *, place: Place | None = None
) -> Columns | None:
    """The index at these times as columns of its derived device; None when nothing can be said of any of them."""
    hold_ms = spec.table.hold_s * 1000
    signals = {
        word: signal_of(readings[point].times, [float(value) for value in readings[point].values], hold_ms)
        for word, point in spec.points.items()
        if point in readings and readings[point].times
    }
    required, _ = spec.table.words
    if not signals or not required <= signals.keys() or not len(at):
        return None
    with np.errstate(invalid="ignore", divide="ignore"):
        results = spec.table.work_out(signals, at, place or Place())
    types = {point.key: point.type for point in spec.target.points}
    columns = {name: _cells(results[name], types[name]) for name in types if name in results}
    return _without_empty_rows(spec, source, at, columns)


def changed(columns: Columns, stored: Mapping[str, RawColumn]) -> Columns | None:
    """Only the rows that say something else than what is stored: to work out again costs nothing downstream."""
    known = {name: dict(zip(column.times, column.values, strict=True)) for name, column in stored.items()}
    kept = [
        row
        for row, at in enumerate(columns.times)
        if any(_differs(cells[row], known.get(name, {}).get(at)) for name, cells in columns.points.items())
    ]
    return _rows(columns, kept) if kept else None


def _cells(figures: Figures, kind: PointType) -> list[Cell]:
    cells: list[Cell] = []
    for figure in figures.tolist():
        if not math.isfinite(figure):
            cells.append(None)
        elif kind is PointType.BOOL:
            cells.append(figure > 0)
        else:
            cells.append(round(figure) if kind in (PointType.INT, PointType.ENUM) else round(figure, 6))
    return cells


def _without_empty_rows(spec: Spec, source: Source, at: Times, cells: dict[str, list[Cell]]) -> Columns | None:
    types = {point.key: point.type for point in spec.target.points if point.key in cells}
    whole = Columns(
        source.site, source.gateway, spec.derived(source.device), spec.table.profile, at.tolist(), cells, {}, types
    )
    kept = [row for row in range(len(at)) if any(column[row] is not None for column in cells.values())]
    return _rows(whole, kept) if kept else None


def _rows(columns: Columns, kept: Sequence[int]) -> Columns:
    points = {name: [cells[row] for row in kept] for name, cells in columns.points.items()}
    used = {name: cells for name, cells in points.items() if any(cell is not None for cell in cells)}
    times = [columns.times[row] for row in kept]
    types = {name: columns.types[name] for name in used}
    return Columns(columns.site, columns.gateway, columns.device, columns.profile, times, used, {}, types)


def _differs(cell: Cell, stored: float | None) -> bool:
    if cell is None:
        return False  # what was known once stays: readings are never taken back
    if stored is None or isinstance(cell, str):
        return True
    return not math.isclose(float(cell), float(stored), rel_tol=TOLERANCE, abs_tol=TOLERANCE)
