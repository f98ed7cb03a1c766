"""What is watched at one device: which rules look at which of its points, and what was last seen of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

import msgspec

from cloud.rules.course import Course
from cloud.rules.groups import Gathers, Group
from cloud.rules.kinds.baseline import Baseline
from cloud.rules.kinds.repeated import Repeated
from cloud.rules.kinds.window import Window
from cloud.rules.rule import Rule
from cloud.rules.scope import Place
from cloud.rules.selector import Selector


@dataclass(frozen=True, slots=True)
class Seen:
    """The newest value of each watched point of a device, "" being the device as a whole; and the newest doubt."""

    profile: str
    site: str
    at: dict[str, int]
    doubted: dict[str, int] = field(default_factory=dict)


Band = tuple[float, float]
NO_BAND: Band = (math.inf, -math.inf)


@dataclass(slots=True)
class Track:
    """One rule at one device. Mutable; the judge is its only owner."""

    rule: Rule
    course: Course
    floor: float
    ceiling: float
    idle: bool

    @classmethod
    def of(cls, rule: Rule, course: Course | None) -> Track:
        """The track of a rule, on its former course when that still fits the rule."""
        kind, levels = _shape(rule), len(rule.kind.levels)
        if course is None or (course.kind, course.levels) != (kind, levels):
            course = Course(kind, levels)
        floor, ceiling = (math.inf, -math.inf) if rule.index else rule.kind.band  # an index wants every reading
        return cls(rule, course, floor, ceiling, course.idle)

    def move(self, course: Course) -> None:
        """Stands where the course says."""
        self.course = course
        self.idle = course.idle


@dataclass(slots=True)
class Watch:
    """One device as the judge sees it. Mutable; the judge is its only owner."""

    gateway: str
    device: str
    profile: str
    site: str
    seen: dict[str, int]
    doubted: dict[str, int]  # point -> newest reading whose quality was not good
    points: dict[str, list[Track]] = field(default_factory=dict)
    silences: list[Track] = field(default_factory=list)
    listened: set[str] = field(default_factory=set)  # points that a rule looks at or listens for
    bands: dict[str, Band] = field(default_factory=dict)  # points whose rules are all idle; emptied by every move
    unchanged_until: int = 0  # read up to here, and nothing new since the last readings
    links: dict[str, list[Link]] = field(default_factory=dict)  # rule -> what the device gives to its groups
    linked: dict[str, list[Link]] = field(default_factory=dict)  # the same by point
    named: Callable[[], Sequence[str]] = tuple  # of a group: the devices that make its figure what it is

    def band(self, point: str) -> Band:
        """Values strictly between these two leave every rule at this point as it is."""
        known = self.bands.get(point)
        if known is None:
            tracks = self.points[point]
            if all(track.idle for track in tracks):
                known = max(track.floor for track in tracks), min(track.ceiling for track in tracks)
            else:
                known = NO_BAND
            self.bands[point] = known
        return known

    def move(self, track: Track, course: Course) -> None:
        """Lets a rule stand where the course says."""
        track.move(course)
        self.bands.clear()

    def add(self, track: Track) -> None:
        """Puts a rule's track where it belongs."""
        self.bands.clear()
        self.listened.add(track.rule.selector.point)
        if track.rule.kind.kind == "stale":
            self.silences.append(track)
        else:
            self.points.setdefault(track.rule.selector.point, []).append(track)

    @property
    def tracks(self) -> list[Track]:
        """Every rule at this device."""
        return [*self.silences, *(track for tracks in self.points.values() for track in tracks)]

    def link(self, link: Link) -> None:
        """Gives what is read at a point to a group."""
        self.listened.add(link.point)
        self.links.setdefault(link.rule, []).append(link)
        self.linked.setdefault(link.point, []).append(link)

    def holding(self) -> list[Track]:
        """Rules that have reached a level which has not yet held long enough."""
        tracks = (track for tracks in self.points.values() for track in tracks)
        return [track for track in tracks if len(track.course.live.since) > track.course.live.level]

    def courses(self) -> dict[str, Course]:
        """Where every rule stands with this device."""
        return {track.rule.id: track.course for track in self.tracks}

    def drop(self, rule: str) -> None:
        """Forgets a rule."""
        self.bands.clear()
        self.silences = [track for track in self.silences if track.rule.id != rule]
        for point, tracks in list(self.points.items()):
            self.points[point] = [track for track in tracks if track.rule.id != rule]
        self.links.pop(rule, None)
        for point, links in self.linked.items():
            self.linked[point] = [link for link in links if link.rule != rule]

    def state(self) -> str:
        """What was seen, as JSON text for a RuleStateRow."""
        return msgspec.json.encode(Seen(self.profile, self.site, self.seen, self.doubted)).decode()


@dataclass(slots=True)
class Post:
    """Where a group's figure is held against levels, and where its alarm is."""

    watch: Watch
    track: Track
    moves: int = 0  # how often its level has changed since the start


@dataclass(slots=True)
class Link:
    """One point of a device as an input of a group; without `post` it is only remembered there."""

    rule: str
    kind: Gathers
    point: str
    part: int
    place: Place
    group: Group
    post: Post | None

    def is_deaf(self, watch: Watch, extremes: tuple[float, float], until: int) -> bool:
        """True when values between two, up to a time, change nothing."""
        if self.group.tape is not None or self.group.lasts is not False:
            return False  # somebody looks at the past, or something lasts, or that is not known
        if self.post is not None and not self.post.track.idle:
            return False
        memory = self.group.memories.get(((watch.gateway, watch.device), self.part), ())
        return self.kind.is_deaf(self.part, memory, extremes, until)


def _shape(rule: Rule) -> str:
    """Names what a course remembers: one of another shape does not fit."""
    return rule.kind.shape if isinstance(rule.kind, Window | Repeated | Baseline) else rule.kind.kind


def decode_seen(text: str) -> Seen:
    """What was seen of a device, from a RuleStateRow."""
    return msgspec.json.decode(text, type=Seen)


def selects(selector: Selector, watch: Watch, areas: Collection[str]) -> bool:
    """True when the rule looks at this device; `areas` are the site's."""
    return (
        selector.profile == watch.profile
        and (not selector.sites or watch.site in selector.sites)
        and (not selector.gateways or watch.gateway in selector.gateways)
        and (not selector.devices or watch.device in selector.devices)
        and (not selector.areas or not set(selector.areas).isdisjoint(areas))
    )
