"""Which groups there are, who belongs to them, and what is kept of their members."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

import msgspec

from cloud.alarms.book import Key
from cloud.rules.course import Course
from cloud.rules.groups import MAX_INPUTS, Gathers, Group, Member, Memory
from cloud.rules.kinds.combination import Combination
from cloud.rules.kinds.compare import Compare
from cloud.rules.kinds.expression import Expression
from cloud.rules.kinds.n_of_m import NOfM
from cloud.rules.kinds.sequence import Succession
from cloud.rules.rule import Rule
from cloud.rules.scope import AT_SITE, Geography, Place, scoped
from cloud.rules.selector import Selector
from cloud.rules.watch import Link, Post, Track, Watch, selects
from cloud.store.base import RuleStateRow

MEMBER = "@member/"  # the row of what is kept of a member is called so, followed by its rule
OVERDUE_MS = 120_000  # a hold that has not ended so long after it could have is no longer waited for
PROFILE = "@group"  # of a watch that is no device

Courses = dict[Place, dict[str, Course]]  # place -> rule -> course
NewTrack = Callable[[Rule, Place, Course | None], Track]


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of one member for one rule: its slots by number, remembered by a kind of this shape."""

    shape: str
    slots: Mapping[int, Memory]


def kind_of(rule: Rule) -> Gathers | None:
    """The kind of a rule over several inputs; None for all others."""
    return rule.kind if isinstance(rule.kind, NOfM | Compare | Succession | Expression) else None


def is_of_groups(rule: Rule) -> bool:
    """True when the rule's alarms are not those of one device's readings alone."""
    return isinstance(rule.kind, Combination) or kind_of(rule) is not None


def inputs_of(rule: Rule) -> list[Selector]:
    """Where the inputs of such a rule come from, in order of their numbers."""
    kind = kind_of(rule)
    return list(kind.sources(rule.selector)) if kind is not None else []


class Groups:
    """Every group of every rule over several inputs. Mutable; the roster owns it.

    `new_track` puts a rule on a course at a place, and makes it agree with its alarm.
    """

    def __init__(self, geography: Geography, new_track: NewTrack) -> None:
        self._geography = geography
        self._new_track = new_track
        self._rules: dict[str, Rule] = {}
        self._groups: dict[tuple[str, Place], Group] = {}
        self._posts: dict[str, dict[Place, Post]] = {}  # by rule
        self._by_profile: dict[str, list[tuple[Rule, Gathers]]] = {}  # rules that look at devices of a profile
        self._listeners: dict[str, list[Rule]] = {}
        self._waiting: dict[tuple[str, Place], Course] = {}  # courses of groups that are still to be found
        self._stale: set[tuple[str, Member]] = set()
        self._kept: dict[tuple[str, Member], Kept] = {}  # of members, and not yet given to a group

    def take(self, rules: Collection[Rule]) -> None:
        """Goes on with these rules; courses and devices are still to be brought by `claim` and `equip`."""
        for (rule, _), group in self._groups.items():
            for member in {member for member, _ in group.memories}:
                self._kept[rule, member] = kept_of(group, member)
        self._rules = {rule.id: rule for rule in rules if is_of_groups(rule)}
        self._groups, self._posts, self._listeners, self._by_profile = {}, {}, {}, {}
        for each in self._rules.values():
            for listened in each.kind.alarms if isinstance(each.kind, Combination) else ():
                self._listeners.setdefault(listened.rule, []).append(each)
            if (kind := kind_of(each)) is not None:
                for profile in {source.profile for source in inputs_of(each)}:
                    self._by_profile.setdefault(profile, []).append((each, kind))

    def restore(self, states: Iterable[RuleStateRow]) -> None:
        """Starts again from the rows that were kept; courses and devices are still to be brought."""
        self._kept = {
            (row.rule.removeprefix(MEMBER), (row.gateway, row.device)): msgspec.json.decode(row.state, type=Kept)
            for row in states
            if row.rule.startswith(MEMBER) and row.state
        }
        self._groups, self._posts = {}, {}

    def claim(self, courses: Courses) -> None:
        """Takes the courses of groups out of these; combinations stand where theirs say at once."""
        for place, here in courses.items():
            for rule in [rule for rule in here if rule in self._rules]:
                self._waiting[rule, place] = here.pop(rule)
                if _is_combined_at(self._rules[rule], place, self._geography):
                    self.post(self._rules[rule], place)

    def left(self) -> list[Key]:
        """The courses of groups that nobody belongs to any more."""
        left, self._waiting = self._waiting, {}
        return [(rule, *place) for rule, place in left]

    def course(self, rule: str, place: Place) -> Course | None:
        """Where a rule stands with a group; None when it has no such group."""
        post = self._posts.get(rule, {}).get(place)
        return post.track.course if post is not None else None

    def courses(self) -> Iterator[tuple[Place, str, Course]]:
        """Where every rule stands with its groups."""
        posts = ((rule, place, post) for rule, here in self._posts.items() for place, post in here.items())
        return ((place, rule, post.track.course) for rule, place, post in posts)

    def post(self, rule: Rule, place: Place) -> Post:
        """Where the figure of a group is held against the levels of its rule."""
        here = self._posts.setdefault(rule.id, {})
        post = here.get(place)
        if post is None:
            watch = Watch(*place, PROFILE, "", {}, {})
            course = self._waiting.pop((rule.id, place), None)
            post = here[place] = Post(watch, self._new_track(rule, place, course))
        return post

    def combined(self, rule: str, place: Place) -> Post | None:
        """Where a combination stands, or begins to stand, at a place; None when it runs no more, or not there."""
        running = self._rules.get(rule)
        if running is None or not _is_combined_at(running, place, self._geography):
            return None
        return self.post(running, place)

    def is_pending(self, rule: str, around: Iterable[Place], now: int) -> bool:
        """True when a rule has reached a level in one of these places, which may soon have lasted long enough."""
        here, held = self._posts.get(rule, {}), self._rules.get(rule)
        if not here or held is None:
            return False
        begun = now - held.kind.ladder.hold_ms - OVERDUE_MS
        standings = (here[place].track.course.live for place in around if place in here)
        return any(standing.since and not standing.level and standing.since[0] >= begun for standing in standings)

    def find(self, rule: str, place: Place) -> tuple[Post, Group] | None:
        """Where an alarm of a rule over several inputs stands, and the group behind it."""
        post = self._posts.get(rule, {}).get(place)
        group = self._groups.get((rule, place))
        if group is None:
            here = (group for (name, _), group in self._groups.items() if name == rule and place in group.members)
            group = next((group for group in here if group.kind.at_device), None)
        return (post, group) if rule in self._rules and post is not None and group is not None else None

    def posts(self, rule: str) -> list[tuple[Place, Post]]:
        """Every group of a rule that ever had a figure."""
        return list(self._posts.get(rule, {}).items())

    def equip(self, watch: Watch) -> None:
        """Links a device to the groups that it belongs to."""
        member = watch.gateway, watch.device
        around = self._geography.around(member, watch.site)
        areas = self._geography.areas.get(watch.site, ())
        for rule, kind in self._by_profile.get(watch.profile, ()):
            parts = [number for number, each in enumerate(inputs_of(rule)) if selects(each, watch, areas)]
            if not parts:
                continue
            kept = self._given(rule, kind, member, parts)
            places = scoped(around, kind.by, rule.selector.areas)
            for place in places[:1] if kind.at_device else places:
                group = self._groups.get((rule.id, place)) or self._groups.setdefault((rule.id, place), Group.of(kind))
                group.members.add(member)
                for number, memory in kept.items():
                    group.memories[member, number] = memory
                for number in parts:
                    post = self._post_of(rule, kind, number, place=place, member=member)
                    group.newest = max(group.newest, watch.seen.get(inputs_of(rule)[number].point, 0))
                    group.stirred = group.newest
                    watch.link(Link(rule.id, kind, inputs_of(rule)[number].point, number, place, group, post))

    def leave(self, watch: Watch) -> None:
        """A device leaves its groups; what is kept of it waits for where it goes. A group without members ends."""
        member = watch.gateway, watch.device
        for rule, links in watch.links.items():
            self._kept[rule, member] = kept_of(links[0].group, member)
            for link in links:
                link.group.forget(member)
                if not link.group.members:
                    self._groups.pop((rule, link.place), None)
                    self._retire(rule, link.place)
                if link.kind.at_device:
                    self._retire(rule, member)

    def listeners(self, rule: str) -> list[Rule]:
        """The rules that listen to alarms of this one."""
        return self._listeners.get(rule, [])

    def drop(self, rule: str) -> None:
        """Lets a faulty rule follow nothing; its alarms stay."""
        self._rules.pop(rule, None)
        for profile, rules in self._by_profile.items():
            self._by_profile[profile] = [each for each in rules if each[0].id != rule]

    def _post_of(self, rule: Rule, kind: Gathers, number: int, *, place: Place, member: Member) -> Post | None:
        """Where an input of a device moves something; what others are only compared to moves nothing."""
        if not kind.at_device:
            return self.post(rule, place)
        return self.post(rule, member) if number == 0 else None

    def _given(self, rule: Rule, kind: Gathers, member: Member, parts: Collection[int]) -> Mapping[int, Memory]:
        """What is kept of a member for these inputs; what it no longer gives is forgotten, also in its row."""
        kept = self._kept.pop((rule.id, member), None)
        if kept is None:
            return {}
        slots = {number: memory for number, memory in kept.slots.items() if number in parts}
        if kept.shape != kind.shape or len(slots) < len(kept.slots):
            self._stale.add((rule.id, member))
        return slots if kept.shape == kind.shape else {}

    def _retire(self, rule: str, place: Place) -> None:
        post = self._posts.get(rule, {}).pop(place, None)
        if post is not None:
            self._waiting[rule, place] = post.track.course

    def take_stale(self) -> Iterator[RuleStateRow]:
        """The rows of members of which something was forgotten."""
        stale, self._stale = self._stale, set()
        for rule, member in sorted(stale):
            here = (group for (name, _), group in self._groups.items() if name == rule and member in group.members)
            group = next(here, None)
            yield member_row(rule, member, kept_of(group, member) if group is not None else None)

    def take_lost(self) -> Iterator[Key]:
        """The rows of members that no running rule looks at any more."""
        lost, self._kept = self._kept, {}
        return ((MEMBER + rule, *member) for rule, member in sorted(lost))


def alarmed_by(link: Link, watch: Watch) -> Collection[Place]:
    """The places whose alarm an input of a device can change."""
    if not link.kind.at_device:
        return (link.place,)
    if isinstance(link.kind, Compare) and link.kind.against == "other" and link.part == 0:
        return ((watch.gateway, watch.device),)
    return link.group.members


def kept_of(group: Group, member: Member) -> Kept:
    """What is kept of a member."""
    slots = {number: group.memories.get((member, number)) for number in range(MAX_INPUTS)}
    return Kept(group.kind.shape, {number: memory for number, memory in slots.items() if memory is not None})


def member_row(rule: str, member: Member, kept: Kept | None) -> RuleStateRow:
    """What is kept of a member, as a row; nothing is no row."""
    state = msgspec.json.encode(kept).decode() if kept is not None and kept.slots else None
    return RuleStateRow(MEMBER + rule, *member, state)


def _is_combined_at(rule: Rule, place: Place, geography: Geography) -> bool:
    """True when a combination may have an alarm at this place."""
    if not isinstance(rule.kind, Combination):
        return False
    around, selector = geography.around(place), rule.selector
    at_site = not selector.sites or any((AT_SITE, site) in around for site in selector.sites)
    return at_site and place in scoped(around, rule.kind.by, selector.areas)
