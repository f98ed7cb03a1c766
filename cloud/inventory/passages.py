"""How readings of a device reached us where that was not as it should be: late, or with doubted times."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Literal

from cloud.store.base import Columns

LATE_MS = 120_000  # a link that comes back within two minutes is radio weather
NEAR_MS = 60_000  # passages that follow each other so closely are one
MOST_STEP_MS = 3_600_000  # two of one outage may lie so far apart: how seldom devices are read
MOST_PASSAGES = 48  # of one device; the oldest go, and with them only a mark on an old chart
DOUBTED = "uncertain:clock"

PassageKind = Literal["late", "doubtful"]


@dataclass(frozen=True, slots=True)
class Passage:
    """Readings between two times that came late, or whose times are doubted; with the first and last arrival."""

    kind: PassageKind
    begin: int
    end: int
    readings: int
    first_at: int
    last_at: int


def passages_of(columns: Columns, *, received_at: int) -> list[Passage]:
    """What is to be remembered of these readings; nothing when they came at once with good times."""
    found: list[Passage] = []
    late = bisect_left(columns.times, received_at - LATE_MS)  # of rising times
    if late:
        found.append(_late_passage(columns, late, received_at))
    if columns.quality:
        rows = {row for marks in columns.quality.values() for row, code in marks if code == DOUBTED}
        if rows:
            found.append(_doubtful_passage(columns, sorted(rows), received_at))
    return found


def with_passages(known: Sequence[Passage], new: Sequence[Passage]) -> list[Passage]:
    """Both, neighbours of one kind joined, and of too many the newest."""
    if known and len(new) == 1 and _belong_together(known[-1], new[0]) and known[-1].begin <= new[0].begin:
        return [*known[:-1], _joined(known[-1], new[0])]  # a backlog that comes in batch after batch
    joined: list[Passage] = []
    for each in sorted([*known, *new], key=lambda passage: (passage.kind, passage.begin)):
        if joined and _belong_together(joined[-1], each):
            joined[-1] = _joined(joined[-1], each)
        else:
            joined.append(each)
    if len(joined) > MOST_PASSAGES:
        joined = sorted(joined, key=lambda passage: passage.end)[-MOST_PASSAGES:]
    return joined


def _late_passage(columns: Columns, rows: int, at: int) -> Passage:
    """The readings of the first so many rows."""
    readings = sum(rows - column[:rows].count(None) for column in columns.points.values())
    readings += _explained_nulls(columns, range(rows))
    return Passage("late", columns.times[0], columns.times[rows - 1], readings, at, at)


def _doubtful_passage(columns: Columns, rows: Sequence[int], at: int) -> Passage:
    """The readings of these rows."""
    wanted = set(rows)
    readings = sum(column[row] is not None for column in columns.points.values() for row in rows)
    readings += _explained_nulls(columns, wanted)
    return Passage("doubtful", columns.times[rows[0]], columns.times[rows[-1]], readings, at, at)


def _explained_nulls(columns: Columns, rows: Container[int]) -> int:
    """Readings without a value that a code explains."""
    points = columns.points
    return sum(
        row in rows and points[key][row] is None
        for key, marks in columns.quality.items()
        if key in points
        for row, _ in marks
    )


def _belong_together(one: Passage, later: Passage) -> bool:
    """Whether they are neighbours, or of one outage: the earlier had not arrived when the later was observed."""
    if one.kind != later.kind:
        return False
    step = later.begin - one.end
    if step <= NEAR_MS:
        return True
    return one.kind == "late" and step <= MOST_STEP_MS and one.first_at >= later.begin


def _joined(one: Passage, other: Passage) -> Passage:
    return Passage(
        one.kind,
        one.begin,
        max(one.end, other.end),
        one.readings + other.readings,
        min(one.first_at, other.first_at),
        max(one.last_at, other.last_at),
    )
