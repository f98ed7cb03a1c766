"""Leads the readings of one device to the rules that look at them; what changes nothing is decided by its extremes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import partial

from cloud.rules.cells import last_value, numbers
from cloud.rules.course import good_readings
from cloud.rules.follow import follow_readings
from cloud.rules.groups_follow import follow_groups
from cloud.rules.turn import Turn
from cloud.rules.watch import Track, Watch
from cloud.store.base import Columns

Guard = Callable[[str, Callable[[], None]], None]  # does something for a rule that may be faulty


def observe_block(watch: Watch, block: Columns, turn: Turn, guard: Guard) -> int:
    """Steps the rules at every point of a device; returns how many readings came behind newer ones."""
    seen, newest_of_all, late = watch.seen, watch.seen.get("", 0), 0
    if watch.links:  # first: people shall hear of the whole rather than of its part
        follow_groups(watch, block, turn, guard=guard)
    for point, cells in block.points.items():
        last = last_value(block.times, cells)
        newest_of_all = max(newest_of_all, last)
        if point in watch.listened:
            marks = block.quality.get(point)
            if marks:
                newest_doubt = block.times[max(position for position, _ in marks)]
                watch.doubted[point] = max(watch.doubted.get(point, 0), newest_doubt)
            tracks = watch.points.get(point)
            if tracks:
                late += _late(block, seen.get(point, 0))
                for track, work in _works(tracks, watch, block, point=point, turn=turn):
                    guard(track.rule.id, work)
            if last > seen.get(point, 0):
                seen[point] = last
    seen[""] = newest_of_all
    return late


def _late(block: Columns, newest: int) -> int:
    """How many times of a block are not newer than the newest known."""
    return 0 if block.times[0] > newest else bisect_right(block.times, newest)


def _works(
    tracks: Sequence[Track], watch: Watch, block: Columns, *, point: str, turn: Turn
) -> Sequence[tuple[Track, Callable[[], None]]]:
    """What is to be done for the rules that readings of a point may move; nothing, as a rule."""
    values = numbers(block.points[point])
    if not values:
        return ()
    low, high = min(values), max(values)
    floor, ceiling = watch.band(point)
    newest = watch.seen.get(point, 0)
    is_late = block.times[0] <= newest
    if floor < low and high < ceiling and not is_late:
        return ()
    loud = [track for track in tracks if is_late or not (track.idle and track.floor < low and high < track.ceiling)]
    if not loud:
        return ()
    readings = good_readings(block, point)
    late = [reading for reading in readings if reading[0] <= newest] if is_late else []  # told again, it may differ
    live = [reading for reading in readings if reading[0] > newest] if is_late else readings
    return [(track, partial(follow_readings, track, watch, block, late=late, live=live, turn=turn)) for track in loud]
