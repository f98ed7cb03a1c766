"""The roster: which rules look at which devices, and which alarms have lost their rule."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from cloud.alarms.book import AlarmBook, Key
from cloud.alarms.lifecycle import AlarmState
from cloud.rules.course import Course, decode_course
from cloud.rules.directory import Directory
from cloud.rules.groups_roster import Groups, is_of_groups
from cloud.rules.ladder import IDLE
from cloud.rules.rule import Rule
from cloud.rules.scope import GROUPED, Geography, Place
from cloud.rules.watch import Track, Watch, decode_seen
from cloud.store.base import RuleStateRow

SEEN = "@seen"  # rule name of the rows that keep what was last seen of a device
ITSELF = "@gateway"  # device of an alarm of a gateway as such; no device can be called so
ACTIVE = (AlarmState.UNACKED, AlarmState.ACKED)

Courses = dict[tuple[str, str], dict[str, Course]]  # (gateway, device) -> rule -> course


class Roster:
    """Holds a watch for each device that was ever seen. Owned by the judge."""

    def __init__(self, book: AlarmBook, geography: Geography) -> None:
        self._book = book
        self._areas = geography.areas
        self.groups = Groups(geography, self._track)
        self._rules: dict[str, Rule] = {}
        self._directory = Directory(())
        self._watches: dict[tuple[str, str], Watch] = {}
        self._orphans: set[Key] = set()  # alarms and courses that no running rule holds

    def __iter__(self) -> Iterator[Watch]:
        return iter(self._watches.values())

    def get(self, gateway: str, device: str) -> Watch | None:
        """The watch of a device that was seen before."""
        return self._watches.get((gateway, device))

    def rule(self, identifier: str) -> Rule | None:
        """The rule with this id that runs."""
        return self._rules.get(identifier)

    def take(self, rules: Collection[Rule]) -> None:
        """Goes on with these rules; courses that still fit are kept."""
        courses = {key: watch.courses() for key, watch in self._watches.items()}
        for place, identifier, course in self.groups.courses():
            courses.setdefault(place, {})[identifier] = course
        self.groups.take(rules)
        self._rules = {rule.id: rule for rule in rules}
        self._directory = Directory([rule for rule in rules if not is_of_groups(rule)])
        self._assign(courses)

    def restore(self, states: Sequence[RuleStateRow]) -> None:
        """Starts again from the rows that were kept; the book of alarms is already restored."""
        self._watches = {}
        self.groups.restore(states)
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
            self.groups.leave(old)
        self._equip(watch, old.courses() if old else {})
        self._orphans |= set(self.groups.left())
        return watch

    def forget(self, gateway: str) -> list[str]:
        """Lets the devices of a gateway go that is gone for good, and says which; their alarms lose their rules."""
        devices = [device for home, device in self._watches if home == gateway]
        for device in devices:
            watch = self._watches.pop((gateway, device))
            self.groups.leave(watch)
            self._orphans |= {(rule, gateway, device) for rule in watch.courses()}
        self._orphans |= set(self.groups.left())
        mine = (alarm for alarm in self._book if alarm.gateway == gateway and alarm.device != ITSELF)
        self._orphans |= {(alarm.rule, gateway, alarm.device) for alarm in mine}
        return devices

    def drop(self, rule: str) -> None:
        """Lets a faulty rule look at nothing; its alarms stay."""
        for watch in self._watches.values():
            watch.drop(rule)
        self.groups.drop(rule)

    def take_orphans(self) -> Iterator[tuple[Key, Course | None]]:
        """Whatever no running rule holds since the last call, with the course that remains of it."""
        orphans, self._orphans = self._orphans, set()
        for rule, gateway, device in sorted(orphans):
            yield (rule, gateway, device), self._course(rule, (gateway, device))
        yield from ((key, None) for key in self.groups.take_lost())

    def is_active(self, key: Key) -> bool:
        """True when there is an alarm whose problem lasts."""
        alarm = self._book.open_alarm(key)
        return alarm is not None and alarm.state in ACTIVE

    def _assign(self, courses: Courses) -> None:
        self.groups.claim(courses)
        for key, watch in self._watches.items():
            bare = Watch(watch.gateway, watch.device, watch.profile, watch.site, watch.seen, watch.doubted)
            self._equip(bare, courses.pop(key, {}))
        self._orphans |= set(self.groups.left())
        self._orphans |= {(rule, *place) for place, lost in courses.items() for rule in lost}
        for alarm in self._book:
            if (alarm.gateway.startswith("@") and alarm.gateway not in GROUPED) or alarm.device == ITSELF:
                continue  # the platform's own, see platform.py and gateways.py
            if self._course(alarm.rule, (alarm.gateway, alarm.device)) is None:
                self._orphans.add((alarm.rule, alarm.gateway, alarm.device))

    def _equip(self, watch: Watch, courses: dict[str, Course]) -> Watch:
        """Puts the rules that look at a device on their courses, and links it to its groups."""
        areas = self._areas.get(watch.site, ())
        for rule in self._directory.rules_of(watch, areas):
            watch.add(self._track(rule, (watch.gateway, watch.device), courses.get(rule.id)))
        self.groups.equip(watch)
        self._orphans |= {(rule, watch.gateway, watch.device) for rule in courses.keys() - watch.courses().keys()}
        self._watches[watch.gateway, watch.device] = watch
        return watch

    def _course(self, rule: str, place: Place) -> Course | None:
        watch = self._watches.get(place)
        return self.groups.course(rule, place) or (watch.courses().get(rule) if watch else None)

    def _track(self, rule: Rule, place: Place, course: Course | None) -> Track:
        """A rule on its course, made to agree with its alarm."""
        key = (rule.id, *place)
        track = Track.of(rule, course)
        if self.is_active(key) and not track.course.live.level:
            self._orphans.add(key)
        elif track.course.live.level and not self.is_active(key):
            track.move(replace(track.course, live=IDLE))
        return track
