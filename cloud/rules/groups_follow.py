"""Gives what a device has read to the groups that it belongs to, and moves their alarms."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from cloud.rules.cells import last_value, numbers
from cloud.rules.course import good_readings
from cloud.rules.follow import follow_figure, follow_live
from cloud.rules.groups import TOLERANCE_MS, Input
from cloud.rules.groups_roster import alarmed_by, kept_of, member_row
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
    for rule, links in sorted(watch.links.items()):
        here = [link for link in links if link.point in block.points]
        if not here:
            continue
        begin = block.times[0]  # what a group is deaf to changes nothing either behind its last stir
        is_heard = rule in loud or any(begin <= link.group.stirred for link in here)
        if is_heard and begin < _in_time_since(links, watch):
            guard(rule, partial(_mark, here, watch, block, since=_in_time_since(links, watch), turn=turn))
        if rule in loud:
            guard(rule, partial(_follow, here, watch, block, turn=turn))
        for link in here:
            link.group.newest = max(link.group.newest, last_value(block.times, block.points[link.point]))


def _in_time_since(links: Sequence[Link], watch: Watch) -> int:
    """Inputs before this time are late: behind those of the same device, or well behind those of another."""
    own = max(watch.seen.get(link.point, 0) for link in links)
    return max(own, *(link.group.newest - TOLERANCE_MS for link in links))


def _mark(links: Sequence[Link], watch: Watch, block: Columns, *, since: int, turn: Turn) -> None:
    """Marks every alarm that late inputs may have changed, from the oldest of them on."""
    member = watch.gateway, watch.device
    late = [
        at
        for link in links
        for at, value in good_readings(block, link.point)
        if at < since and not _is_ignored(link, Input(at, value, member, link.part))
    ]
    if not late:
        return
    for place in sorted({place for link in links for place in alarmed_by(link, watch)}):
        turn.mark((links[0].rule, *place), since=min(late))


def _is_ignored(link: Link, given: Input) -> bool:
    return link.post is not None and link.post.track.idle and link.group.tape is None and link.group.ignores(given)


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
    level = post.track.course.live.level
    if link.kind.at_device:  # in order of the device's own time, which its newest reading keeps
        at, value = figure
        follow_live(post.track, home, [(at, value)] if value is not None else [], turn)
    else:
        follow_figure(post.track, home, figure, turn)
    post.moves += post.track.course.live.level != level
