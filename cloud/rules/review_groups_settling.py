"""Settles a review of a group: as for one device, and the group remembers what it would, had all come in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from cloud.rules.groups import Group
from cloud.rules.groups_roster import kept_of, member_row
from cloud.rules.review_groups import GroupCase, GroupPast, MovedError, Source
from cloud.rules.review_marks import Mark
from cloud.rules.review_settling import Past, Settling
from cloud.rules.roster import Roster
from cloud.rules.turn import Turn
from cloud.rules.watch import Post


def group_cases_of(marks: Sequence[Mark], roster: Roster) -> list[GroupCase]:
    """The cases behind marks of groups. From now on the groups remember what they judge."""
    found = ((mark, roster.groups.find(mark.rule, (mark.gateway, mark.device))) for mark in marks)
    return [_group_case(mark, *here, roster) for mark, here in found if here]


def _group_case(mark: Mark, post: Post, group: Group, roster: Roster) -> GroupCase:
    members = ((member, roster.get(*member)) for member in sorted(group.members))
    sources = [
        Source(member, link.part, watch.profile, link.point, watch.seen.get(link.point, 0))
        for member, watch in members
        if watch is not None
        for link in watch.links.get(mark.rule, ())
        if link.group is group
    ]
    if group.tape is None:
        group.tape = []
    course, tape = post.track.course, group.tape
    return GroupCase(
        mark, post.track.rule, group.kind, group, post, sources, course, post.moves, tape=tape, taped=len(tape)
    )


def settle_group(turn: Turn, roster: Roster, *, case: GroupCase, past: Past, found: GroupPast) -> None:
    """As `settle`, for a group, which has gone on meanwhile. MovedError: nothing has changed, look again."""
    post, group = case.post, case.group
    known = roster.groups.find(case.rule.id, case.key[1:])
    if turn.marks.get(case.key) != case.mark or known is None or known[0] is not post or known[1] is not group:
        raise MovedError("marked again")
    if post.moves != case.moves or post.track.rule.version != case.rule.version:
        raise MovedError("the alarm has moved")
    if {row.id for row in past.alarms if row.open} != {row.id for row in [turn.book.open_alarm(case.key)] if row}:
        raise MovedError("somebody has worked on the alarm")
    found.go_on(case.since())
    turn.rows.append(turn.marks.take(case.key))
    if not any(mark.rule == case.rule.id for mark in turn.marks):
        group.tape = None
    _remember(turn, case, found)
    watch, truth = post.watch, found.truth
    watch.site = watch.site or _site_of(case, roster)
    watch.named = partial(case.kind.named, group.memories, found.at)
    settling = Settling(turn, post.track, watch, past, truth)
    course = replace(settling.put_right(), live=truth.standing)
    settling.write_down()
    if not case.kind.at_device:
        course = replace(course, at=max(course.at, found.at), moved=max(course.moved, found.moved))
    turn.follow(post.track, watch, replace(course, stirred=max(course.stirred, truth.stirred)))


def skip_group(turn: Turn, roster: Roster, *, case: GroupCase) -> None:
    """Leaves the past of a group as it is: too much would have to be read."""
    del roster
    turn.rows.append(turn.marks.take(case.key))
    case.group.tape = None


def _remember(turn: Turn, case: GroupCase, found: GroupPast) -> None:
    """The group remembers what it would, had everything come in order."""
    group, changed = case.group, set()
    for slot, memory in found.group.memories.items():
        if slot[0] in group.members and group.memories.get(slot) != memory:
            group.memories[slot] = memory
            changed.add(slot[0])
    group.lasts = None
    for member in changed:
        row = member_row(case.rule.id, member, kept_of(group, member))
        turn.kept[row.rule, row.gateway, row.device] = row


def _site_of(case: GroupCase, roster: Roster) -> str:
    gateway, device = case.key[1:]
    members = [(gateway, device)] if case.kind.at_device else sorted(case.group.members)
    return next((watch.site for member in members if (watch := roster.get(*member))), "")
