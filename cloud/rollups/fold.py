"""How windows become wider windows and buckets, and which stretch of time is answered from where: pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter

from cloud.store.base import Bucket, DirtyRow
from cloud.store.roll_up import GRAINS, HOUR_MS, Grain, Rolled, RolledPoint

NEAR_MS = 6 * HOUR_MS  # raw stretches so close to each other are read as one
RUN = 24  # hours of one device that are computed in one go
STRETCHES = 16  # beyond it they are one: the log is short but for the hours after a great outage


@dataclass(frozen=True, slots=True)
class Stretch:
    """A span of time (end excluded) that is read from raw readings or from roll-ups."""

    begin: int
    end: int
    is_raw: bool


def coarsest(step_ms: int) -> Grain | None:
    """The widest grain that buckets of this width can be put together from; None when only raw readings will do."""
    return next((grain for grain in reversed(GRAINS) if step_ms % grain.step_ms == 0), None)


def runs(rows: Iterable[DirtyRow]) -> list[list[DirtyRow]]:
    """The dirty hours, those of one device that follow each other together."""
    found: list[list[DirtyRow]] = []
    for row in sorted(rows, key=attrgetter("gateway", "device", "profile", "hour")):
        before = found[-1][-1] if found and len(found[-1]) < RUN else None
        if before is not None and replace(before, hour=before.hour + HOUR_MS, due_at=0, marks=0) == replace(
            row, due_at=0, marks=0
        ):
            found[-1].append(row)
        else:
            found.append([row])
    return found


def widened(points: Iterable[RolledPoint], grain: Grain) -> list[RolledPoint]:
    """The same points in wider windows."""
    return [replace(point, windows=merged(point.windows, grain.step_ms)) for point in points]


def merged(windows: Iterable[Rolled], step_ms: int) -> list[Rolled]:
    """Windows in the order of their times, gathered into wider ones aligned to multiples of `step_ms`."""
    return [
        _one(number * step_ms, list(group))
        for number, group in groupby(windows, key=lambda window: window.begin // step_ms)
    ]


def as_bucket(window: Rolled) -> Bucket:
    """What a chart draws of it."""
    return Bucket(window.begin, window.minimum, window.maximum, window.total / window.count, window.last, window.count)


def as_rolled(bucket: Bucket) -> Rolled:
    """A bucket made from raw readings, among windows."""
    return Rolled(bucket.begin, bucket.minimum, bucket.maximum, bucket.mean * bucket.count, bucket.count, bucket.last)


def stretches(begin: int, end: int, *, grain: Grain, dirty: Iterable[int], since: int) -> list[Stretch]:
    """Who answers for which part of a span: roll-ups for whole windows, raw readings where roll-ups may not be right.

    That is: before `since`, in dirty hours, and in the windows that the span cuts at its ends.
    """
    first, last = -(-begin // grain.step_ms) * grain.step_ms, end // grain.step_ms * grain.step_ms
    if first >= last:
        return [Stretch(begin, end, is_raw=True)]
    edges = [(begin, first), (last, end), (begin, min(since, end))]
    hours = _joined([(hour, hour + HOUR_MS) for hour in sorted(dirty) if hour + HOUR_MS > begin and hour < end])
    if len(hours) > STRETCHES:
        hours = [(hours[0][0], hours[-1][1])]
    spans = [(max(low, begin), min(high, end)) for low, high in (*edges, *hours)]
    return _filled(begin, end, _joined(sorted(span for span in spans if span[0] < span[1])))


def _joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Overlapping and near spans as one each; they come in the order of their begins."""
    joined: list[tuple[int, int]] = []
    for low, high in spans:
        if joined and low - joined[-1][1] < NEAR_MS:
            joined[-1] = (joined[-1][0], max(joined[-1][1], high))
        else:
            joined.append((low, high))
    return joined


def _filled(begin: int, end: int, raw: Iterable[tuple[int, int]]) -> list[Stretch]:
    found, at = [], begin
    for low, high in raw:
        if at < low:
            found.append(Stretch(at, low, is_raw=False))
        found.append(Stretch(low, high, is_raw=True))
        at = high
    if at < end:
        found.append(Stretch(at, end, is_raw=False))
    return found


def _one(begin: int, group: Sequence[Rolled]) -> Rolled:
    return Rolled(
        begin,
        min(map(attrgetter("minimum"), group)),
        max(map(attrgetter("maximum"), group)),
        sum(map(attrgetter("total"), group)),
        sum(map(attrgetter("count"), group)),
        group[-1].last,
    )
