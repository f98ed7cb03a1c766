"""Gives what a device has read to the groups that it belongs to, and moves their alarms."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from cloud.rules.cells import numbers
from cloud.rules.course import good_readings
from cloud.rules.follow import follow_figure, follow_live
from cloud.rules.groups import Input
from cloud.rules.groups_roster import kept_of, member_row
from cloud.rules.turn import Turn
from cloud.rules.watch import Link, Watch
from cloud.store.base import Columns

Guard = Callable[[str, Callable[[], None]], None]  # does something for a rule that may be faulty


def follow_groups(watch: Watch, block: Columns, turn: Turn, *, guard: Guard) -> None:
    """Steps every group that the device belongs to; what is not newer than the newest seen is late.

    The inputs of a rule are taken in order of time, whichever points of the device they come from; at one time those
    first that others are compared to.
    """
    loud = set(_loud(watch, block))
    for rule in sorted(loud):
        here = [link for link in watch.links[rule] if link.point in block.points]
        guard(rule, partial(_follow, here, watch, block, turn=turn))


def _loud(watch: Watch, block: Columns) -> Iterator[str]:
    """The rules for which the smallest and largest value of a point do not decide that nothing changes."""
    for point, links in watch.linked.items():
        cells = block.points.get(point)
        values = numbers(cells) if cells else ()
        if values:
            extremes, until = (min(values), max(values)), block.times[-1]
            yield from (link.rule for link in links if not link.is_deaf(watch, extremes, until))


def _follow(links: Sequence[Link], watch: Watch, block: Columns, *, turn: Turn) -> None:
    member = watch.gateway, watch.device
    inputs = [
        (at, -link.part, number, value)
        for number, link in enumerate(links)
        for at, value in good_readings(block, link.point)
        if at > watch.seen.get(link.point, 0)
    ]
    before = kept_of(links[0].group, member)
    for at, _, number, value in sorted(inputs):
        _take(links[number], Input(at, value, member, links[number].part), watch, turn)
    after = kept_of(links[0].group, member)
    if after != before:
        row = member_row(links[0].rule, member, after)
        turn.kept[row.rule, row.gateway, row.device] = row


def _take(link: Link, given: Input, watch: Watch, turn: Turn) -> None:
    post = link.post
    track = post.track if post is not None else None
    since, idle = (track.course.at, not track.course.live.since) if track is not None else (0, True)
    figure = link.group.take(given, since=since, idle=idle)
    if figure is None or post is None:
        return
    home = post.watch
    if home is not watch:
        home.site = watch.site  # an alarm of several sites is at that of the member who raises it
        home.named = partial(link.kind.named, link.group.memories, figure[0])
    if link.kind.at_device:  # in order of the device's own time, which its newest reading keeps
        at, value = figure
        follow_live(post.track, home, [(at, value)] if value is not None else [], turn)
    else:
        follow_figure(post.track, home, figure, turn)
