"""Moves the rules that listen to alarms of other rules, as soon as one of these changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from cloud.alarms.book import Change
from cloud.rules.active import ActiveAlarms
from cloud.rules.follow import follow_figure
from cloud.rules.groups_roster import Groups
from cloud.rules.kinds.combination import Combination
from cloud.rules.roster import ACTIVE
from cloud.rules.rule import Rule
from cloud.rules.scope import Place, scoped
from cloud.rules.selector import Selector
from cloud.rules.turn import Turn
from cloud.store.base import AlarmHistoryRow, AlarmRow

SILENT = frozenset({"acknowledged", "reset"})  # what people do changes no figure
KNOWN = "known"  # instead of news: the alarm was there when the combination began to listen


def follow_combination(rule: Rule, change: Change, turn: Turn, groups: Groups) -> None:
    """Steps a combination wherever the changed alarm counts.

    What comes behind newer changes has the past looked at again (review_combinations.py); long past it moves nothing
    until then.
    """
    kind, alarm, active = rule.kind, change.alarm, turn.causes.active
    if not isinstance(kind, Combination) or change.history.what in SILENT:
        return
    if not _selects(rule.selector, alarm, active):
        return
    for place in _places(rule, kind, alarm, groups=groups, active=active):
        site = active.geography.site_of(place) or alarm.site
        around = active.geography.around(place, site)
        counted = list(counted_near(kind, active, around))
        figure = float(len({each.rule for each in counted}))
        course, then = groups.course(rule.id, place), change.history.observed_at
        is_late = course is not None and then <= course.at and change.history.what != KNOWN
        if is_late:
            turn.mark((rule.id, *place), since=then)
        if not figure and course is None:
            continue
        post = groups.post(rule, place)
        post.moves += 1
        if is_late and not turn.fresh(then):
            continue
        post.watch.site = site
        post.watch.named = partial(names_of, counted)
        at = max(post.track.course.at, change.history.observed_at)
        follow_figure(post.track, post.watch, (at, figure), turn)


def mark_listeners(rule: Rule, alarm: AlarmRow, turn: Turn, groups: Groups, *, since: int) -> None:
    """The past of an alarm was put right from a time on: a combination that listens to it looks again, too."""
    if isinstance(kind := rule.kind, Combination) and _selects(rule.selector, alarm, turn.causes.active):
        for place in _places(rule, kind, alarm, groups=groups, active=turn.causes.active):
            turn.mark((rule.id, *place), since=since)


def look_around(turn: Turn, groups: Groups) -> None:
    """Lets combinations, which may be new, look at what is there; the newest alarm says since when."""
    lasting = [alarm for alarm in turn.book if alarm.state in ACTIVE and groups.listeners(alarm.rule)]
    for alarm in sorted(lasting, key=lambda each: -each.raised_at):
        line = AlarmHistoryRow(alarm.id, turn.now, alarm.raised_at, KNOWN, alarm.level, alarm.value, "system", "")
        if turn.listener is not None:
            turn.listener(turn, Change(alarm, line))


def counted_near(kind: Combination, active: ActiveAlarms, around: Sequence[Place]) -> Iterator[AlarmRow]:
    """The alarms that count now at the first of these places."""
    for each in kind.alarms:
        yield from (row for row in active.near(each.rule, around) if each.counts(row.level, row.severity))


def names_of(counted: Sequence[AlarmRow]) -> list[str]:
    """The alarms that a combination names."""
    return sorted(f"{row.rule} {row.device}" for row in counted)


def _places(rule: Rule, kind: Combination, alarm: AlarmRow, *, groups: Groups, active: ActiveAlarms) -> Iterator[Place]:
    """The groups that an alarm lies in; and those that lie in it, when it is one of a site or area itself."""
    around = active.around(alarm)
    found = scoped(around, kind.by, rule.selector.areas)
    yield from found
    if around[0][0].startswith("@"):
        known = [(place, post.watch.site) for place, post in groups.posts(rule.id) if place not in found]
        yield from (place for place, site in known if around[0] in active.geography.around(place, site))


def _selects(selector: Selector, alarm: AlarmRow, active: ActiveAlarms) -> bool:
    areas = {place[1] for place in active.around(alarm)}
    return (not selector.sites or alarm.site in selector.sites) and (
        not selector.areas or not areas.isdisjoint(selector.areas)
    )
