"""Which groups there are, who belongs to them, and what is kept of their members."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from cloud.alarms.book import Key
from cloud.rules.course import Course
from cloud.rules.groups import Gathers, Group, Member, Memory
from cloud.rules.kinds.n_of_m import NOfM
from cloud.rules.rule import Rule, Selector
from cloud.rules.scope import Home, Place, places_of
from cloud.rules.watch import Link, Post, Track, Watch, selects
from cloud.store.base import RuleStateRow

MEMBER = "@member/"  # the row of what is kept of a member is called so, followed by its rule
PROFILE = "@group"  # of a watch that is no device

NewTrack = Callable[[Rule, Place], Track]


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of one member for one rule: its slots by number, remembered by a kind of this shape."""

    shape: str
    slots: Mapping[int, Memory]


def kind_of(rule: Rule) -> Gathers | None:
    """The kind of a rule over several inputs; None for all others."""
    return rule.kind if isinstance(rule.kind, NOfM) else None


def inputs_of(rule: Rule) -> Sequence[Selector]:
    """Where the inputs of such a rule come from, in order of their numbers."""
    return (rule.selector,)


class Groups:
    """Every group of every rule over several inputs. Mutable; the roster owns it."""

    def __init__(self) -> None:
        self._rules: list[tuple[Rule, Gathers]] = []
        self._groups: dict[tuple[str, Place], Group] = {}
        self._posts: dict[tuple[str, Place], Post] = {}
        self._watches: dict[Place, Watch] = {}
        self._kept: dict[tuple[str, Member], Kept] = {}  # and not yet given to a group

    def take(self, rules: Collection[Rule]) -> None:
        """Goes on with these rules; the devices are still to be brought back by `equip`."""
        for identifier, group in ((identifier, group) for (identifier, _), group in self._groups.items()):
            for member in {member for member, _ in group.memories}:
                self._kept[identifier, member] = kept_of(group, member)
        self._rules = [(rule, kind) for rule in rules if (kind := kind_of(rule)) is not None]
        self._empty()

    def restore(self, states: Sequence[RuleStateRow]) -> None:
        """Starts again from the rows that were kept; the devices are still to be brought by `equip`."""
        rows = [row for row in states if row.rule.startswith(MEMBER) and row.state]
        self._kept = {
            (row.rule.removeprefix(MEMBER), (row.gateway, row.device)): msgspec.json.decode(row.state or "", type=Kept)
            for row in rows
        }
        self._empty()

    def get(self, place: Place) -> Watch | None:
        """The watch of a group that is no device."""
        return self._watches.get(place)

    def courses(self) -> dict[Place, dict[str, Course]]:
        """Where the groups stand that are no devices."""
        return {place: watch.courses() for place, watch in self._watches.items()}

    def equip(self, watch: Watch, areas: Sequence[str], new_track: NewTrack) -> None:
        """Links a device to the groups that it belongs to; `new_track` puts a rule on its course at a place."""
        home = Home(watch.gateway, watch.device, watch.site, areas)
        for rule, kind in self._rules:
            parts = [number for number, selector in enumerate(inputs_of(rule)) if selects(selector, watch, areas)]
            kept = self._kept.pop((rule.id, (watch.gateway, watch.device)), None) if parts else None
            for place in places_of(home, kind.by, rule.selector.areas) if parts else ():
                group = self._groups.setdefault((rule.id, place), Group(kind))
                post = self._post(rule, place, watch, new_track)
                if kept is not None and kept.shape == kind.shape:
                    group.memories.update({((watch.gateway, watch.device), n): kept.slots[n] for n in kept.slots})
                for number in parts:
                    watch.link(Link(rule.id, kind, inputs_of(rule)[number].point, number, group, post))

    def leave(self, watch: Watch) -> None:
        """A device leaves its groups; what is kept of it waits for where it goes."""
        member = watch.gateway, watch.device
        for rule, links in watch.links.items():
            self._kept[rule, member] = kept_of(links[0].group, member)
            for link in links:
                link.group.forget(member)

    def drop(self, rule: str) -> None:
        """Lets a faulty rule follow nothing; its alarms stay."""
        self._rules = [each for each in self._rules if each[0].id != rule]

    def take_lost(self) -> Iterator[Key]:
        """The rows of members that no running rule looks at any more."""
        lost, self._kept = self._kept, {}
        return ((MEMBER + rule, *member) for rule, member in sorted(lost))

    def _post(self, rule: Rule, place: Place, watch: Watch, new_track: NewTrack) -> Post:
        """Where the figure of a group is held against its levels: a watch of its own, unless the group is a device."""
        post = self._posts.get((rule.id, place))
        if post is None:
            home = self._watches.setdefault(place, Watch(*place, PROFILE, watch.site, {}, {}))
            post = self._posts[rule.id, place] = Post(home, new_track(rule, place))
            home.gathered[rule.id] = post.track
        return post

    def _empty(self) -> None:
        self._groups, self._posts, self._watches = {}, {}, {}


def kept_of(group: Group, member: Member) -> Kept:
    """What is kept of a member."""
    slots = {number: memory for (owner, number), memory in group.memories.items() if owner == member}
    return Kept(group.kind.shape, slots)


def member_row(rule: str, member: Member, kept: Kept) -> RuleStateRow:
    """What is kept of a member, as a row."""
    return RuleStateRow(MEMBER + rule, *member, msgspec.json.encode(kept).decode())
