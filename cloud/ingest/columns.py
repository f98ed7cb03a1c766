"""Checks the block of one device against its profile: what is storable goes on, the rest becomes dead letters.

The common block, where everything is as it should be, is recognised by a few calls that look at whole columns.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import NoneType

from device_profiles.schema import DeviceProfile, PointType
from device_profiles.wire import DeviceBlock
from device_profiles.wire.messages import Cell

OLDEST_MS = 30 * 86_400_000  # how far back a gateway may have been offline
FUTURE_MS = 5 * 60_000  # how far ahead a clock may run
TEXT_MAX = 256
_Marks = list[tuple[int, str]]

_FITTING: dict[PointType, frozenset[type]] = {
    PointType.FLOAT: frozenset({float}),
    PointType.INT: frozenset({int}),
    PointType.ENUM: frozenset({int}),
    PointType.BOOL: frozenset({bool}),
}
_FITTING_OR_NULL = {kind: types | {NoneType} for kind, types in _FITTING.items()}


@dataclass(frozen=True, slots=True)
class Flaw:
    """Readings of a block that are refused: of one point, or of all its points when `point` is empty."""

    point: str
    reason: str
    readings: int
    times: tuple[int, ...]
    values: tuple[Cell, ...]
    marks: tuple[tuple[int, str], ...] = ()


@dataclass(slots=True)
class Checked:
    """What remains of a block: rising absolute times, fitting columns, marks beside them, and what was refused."""

    times: list[int]
    points: dict[str, list[Cell]]
    quality: dict[str, _Marks]
    flaws: list[Flaw]


def types_of(profile: DeviceProfile) -> dict[str, PointType]:
    """The pinned type of every point."""
    return {point.key: point.type for point in profile.points}


def check(block: DeviceBlock, times: list[int], types: Mapping[str, PointType], *, received_at: int) -> Checked:
    """The block's columns, judged; `times` are its absolute times."""
    checked = Checked(times, block.points, block.quality, [])
    if times[0] < received_at - OLDEST_MS or times[-1] > received_at + FUTURE_MS:
        _keep_rows_in_time(checked, received_at)
    if not types.keys() >= checked.points.keys():
        _leave_unmapped(checked, types)
    fitting: dict[str, list[Cell]] = {}
    for key, column in checked.points.items():
        pinned = types[key]
        found = set(map(type, column))
        if pinned in _FITTING_OR_NULL and found <= _FITTING_OR_NULL[pinned]:
            fitting[key] = column
        else:
            fitting[key] = _fitted(checked, key, column, pinned)
    checked.points = fitting
    return checked


def refuse_all(block: DeviceBlock, times: list[int], reason: str) -> list[Flaw]:
    """Every reading of a block, refused for one reason, point by point."""
    return [
        Flaw(key, reason, readings, tuple(times), tuple(column), tuple(marks))
        for key, column in block.points.items()
        if (readings := readings_in(column, marks := block.quality.get(key, [])))
    ]


def without_rows(
    points: Mapping[str, list[Cell]], quality: Mapping[str, _Marks], kept: list[int]
) -> tuple[dict[str, list[Cell]], dict[str, _Marks]]:
    """Columns and marks with only the rows at these positions."""
    new_position = {old: new for new, old in enumerate(kept)}
    columns = {key: [column[row] for row in kept] for key, column in points.items()}
    marks = {
        key: [(new_position[row], code) for row, code in entries if row in new_position]
        for key, entries in quality.items()
    }
    return columns, {key: entries for key, entries in marks.items() if entries}


def readings_in(column: list[Cell], marks: _Marks) -> int:
    """How many readings a column holds: values, and bad codes without one."""
    return len(column) - column.count(None) + sum(1 for row, _ in marks if column[row] is None)


def _keep_rows_in_time(checked: Checked, received_at: int) -> None:
    oldest, newest = received_at - OLDEST_MS, received_at + FUTURE_MS
    rows: dict[str, list[int]] = {"too_old": [], "": [], "future": []}
    for row, at in enumerate(checked.times):
        rows["too_old" if at < oldest else "future" if at > newest else ""].append(row)
    for reason in ("too_old", "future"):
        if rows[reason]:
            points, quality = without_rows(checked.points, checked.quality, rows[reason])
            times = tuple(checked.times[row] for row in rows[reason])
            for key, column in points.items():
                marks = quality.get(key, [])
                readings = readings_in(column, marks)
                if readings:
                    checked.flaws.append(Flaw(key, reason, readings, times, tuple(column), tuple(marks)))
    checked.points, checked.quality = without_rows(checked.points, checked.quality, rows[""])
    checked.times = [checked.times[row] for row in rows[""]]


def _leave_unmapped(checked: Checked, types: Mapping[str, PointType]) -> None:
    for key in checked.points.keys() - types.keys():
        column = checked.points[key]
        marks = checked.quality.get(key, [])
        readings = readings_in(column, marks)
        checked.flaws.append(Flaw(key, "unmapped_point", readings, tuple(checked.times), tuple(column), tuple(marks)))
    checked.points = {key: column for key, column in checked.points.items() if key in types}
    checked.quality = {key: marks for key, marks in checked.quality.items() if key in types}


def _fitted(checked: Checked, key: str, column: list[Cell], pinned: PointType) -> list[Cell]:
    """The column cell by cell; what does not fit becomes a null without a mark, and a flaw."""
    fit = _FITS.get(pinned, _fit_plain)
    good: list[Cell] = []
    wrong: dict[str, list[int]] = {}
    for row, cell in enumerate(column):
        value, reason = (None, "") if cell is None else fit(cell, pinned)
        good.append(value)
        if reason:
            wrong.setdefault(reason, []).append(row)
    for reason, rows in wrong.items():
        at, values = tuple(checked.times[row] for row in rows), tuple(column[row] for row in rows)
        found = checked.quality.get(key, [])
        refused = {row: place for place, row in enumerate(rows)}
        lost = tuple((refused[row], code) for row, code in found if row in refused)
        checked.flaws.append(Flaw(key, reason, len(rows), at, values, lost))
        if found:
            marks = [(row, code) for row, code in found if row not in refused]
            checked.quality = {**checked.quality, key: marks}
    return good


def _fit_float(cell: Cell, _: PointType) -> tuple[Cell, str]:
    """A whole number is a number: JSON writers shorten 5.0 to 5."""
    return (float(cell), "") if type(cell) in (int, float) else (None, "type")  # type: ignore[arg-type]


def _fit_text(cell: Cell, _: PointType) -> tuple[Cell, str]:
    """Texts are kept in one form (NFC), so that equal words are equal."""
    if not isinstance(cell, str):
        return None, "type"
    text = unicodedata.normalize("NFC", cell)
    return (text, "") if len(text) <= TEXT_MAX else (None, "text_too_long")


def _fit_plain(cell: Cell, pinned: PointType) -> tuple[Cell, str]:
    return (cell, "") if type(cell) in _FITTING[pinned] else (None, "type")


_FITS: dict[PointType, Callable[[Cell, PointType], tuple[Cell, str]]] = {
    PointType.FLOAT: _fit_float,
    PointType.STRING: _fit_text,
}
