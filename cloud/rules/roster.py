"""The roster: which rules look at which devices, and which alarms have lost their rule."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from cloud.alarms.book import AlarmBook, Key
from cloud.alarms.lifecycle import AlarmState
from cloud.rules.course import Course, decode_course
from cloud.rules.groups_roster import Groups, kind_of
from cloud.rules.ladder import IDLE
from cloud.rules.rule import Rule
from cloud.rules.scope import GROUPED, Place
from cloud.rules.watch import Track, Watch, decode_seen, selects
from cloud.store.base import RuleStateRow

SEEN = "@seen"  # rule name of the rows that keep what was last seen of a device
ITSELF = "@gateway"  # device of an alarm of a gateway as such; no device can be called so
ACTIVE = (AlarmState.UNACKED, AlarmState.ACKED)

Courses = dict[tuple[str, str], dict[str, Course]]  # (gateway, device) -> rule -> course


class Roster:
    """Holds a watch for each device that was ever seen. Owned by the judge."""

    def __init__(self, book: AlarmBook, areas: Mapping[str, Sequence[str]]) -> None:
        self._book = book
        self._areas = areas
        self._by_profile: dict[str, list[Rule]] = {}
        self._watches: dict[tuple[str, str], Watch] = {}
        self._groups = Groups()
        self._former: Courses = {}  # courses that still wait for their place
        self._orphans: set[Key] = set()  # alarms and courses that no running rule holds

    def __iter__(self) -> Iterator[Watch]:
        return iter(self._watches.values())

    def get(self, gateway: str, device: str) -> Watch | None:
        """The watch of a device that was seen before, or of a group."""
        return self._watches.get((gateway, device)) or self._groups.get((gateway, device))

    def take(self, rules: Collection[Rule]) -> None:
        """Goes on with these rules; courses that still fit are kept."""
        courses = {key: watch.courses() for key, watch in self._watches.items()} | self._groups.courses()
        self._groups.take(rules)
        self._by_profile = {}
        for rule in (rule for rule in rules if kind_of(rule) is None):
            self._by_profile.setdefault(rule.selector.profile, []).append(rule)
        self._assign(courses)

    def restore(self, states: Sequence[RuleStateRow]) -> None:
        """Starts again from the rows that were kept; the book of alarms is already restored."""
        self._watches = {}
        self._groups.restore(states)
        courses: Courses = {}
        for row in states:
            if row.state is None:
                continue
            if row.rule == SEEN:
                seen = decode_seen(row.state)
                watch = Watch(row.gateway, row.device, seen.profile, seen.site, seen.at, seen.doubted)
                self._watches[row.gateway, row.device] = watch
            elif not row.rule.startswith("@"):
                courses.setdefault((row.gateway, row.device), {})[row.rule] = decode_course(row.state)
        self._assign(courses)

    def place(self, gateway: str, device: str, profile: str, *, site: str) -> Watch:
        """A watch for a device that is new, or that has another profile or site than before."""
        old = self._watches.get((gateway, device))
        watch = Watch(gateway, device, profile, site, old.seen if old else {}, old.doubted if old else {})
        if old is not None:
            self._groups.leave(old)
        return self._equip(watch, old.courses() if old else {})

    def drop(self, rule: str) -> None:
        """Lets a faulty rule look at nothing; its alarms stay."""
        for watch in self._watches.values():
            watch.drop(rule)
        self._groups.drop(rule)

    def take_orphans(self) -> Iterator[tuple[Key, Course | None]]:
        """Whatever no running rule holds since the last call, with the course that remains of it."""
        orphans, self._orphans = self._orphans, set()
        for rule, gateway, device in sorted(orphans):
            watch = self.get(gateway, device)
            yield (rule, gateway, device), watch.courses().get(rule) if watch else None
        yield from ((key, None) for key in self._groups.take_lost())

    def is_active(self, key: Key) -> bool:
        """True when there is an alarm whose problem lasts."""
        alarm = self._book.open_alarm(key)
        return alarm is not None and alarm.state in ACTIVE

    def _assign(self, courses: Courses) -> None:
        self._former = courses
        for key, watch in self._watches.items():
            bare = Watch(watch.gateway, watch.device, watch.profile, watch.site, watch.seen, watch.doubted)
            self._equip(bare, courses.pop(key, {}))
        self._former = {}
        self._orphans |= {(rule, *place) for place, lost in courses.items() for rule in lost}
        for alarm in self._book:
            if (alarm.gateway.startswith("@") and alarm.gateway not in GROUPED) or alarm.device == ITSELF:
                continue  # the platform's own, see platform.py and gateways.py
            home = self.get(alarm.gateway, alarm.device)
            if home is None or alarm.rule not in home.courses():
                self._orphans.add((alarm.rule, alarm.gateway, alarm.device))

    def _equip(self, watch: Watch, courses: dict[str, Course]) -> Watch:
        """Puts the rules that look at a device on their courses, and links it to its groups."""
        areas = self._areas.get(watch.site, ())
        for rule in self._by_profile.get(watch.profile, ()):
            if selects(rule.selector, watch, areas):
                watch.add(self._track(rule, (watch.gateway, watch.device), courses.get(rule.id)))
        self._groups.equip(watch, areas, self._group_track)
        self._orphans |= {(rule, watch.gateway, watch.device) for rule in courses.keys() - watch.courses().keys()}
        self._watches[watch.gateway, watch.device] = watch
        return watch

    def _group_track(self, rule: Rule, place: Place) -> Track:
        return self._track(rule, place, self._former.get(place, {}).pop(rule.id, None))

    def _track(self, rule: Rule, place: Place, course: Course | None) -> Track:
        """A rule on its course, made to agree with its alarm."""
        key = (rule.id, *place)
        track = Track.of(rule, course)
        if self.is_active(key) and not track.course.live.level:
            self._orphans.add(key)
        elif track.course.live.level and not self.is_active(key):
            track.move(replace(track.course, live=IDLE))
        return track
