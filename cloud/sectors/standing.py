"""How a sector stands now: its figures, its alarms, and which devices need a look first; pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cloud.api.views import DeviceView, PointView
from cloud.sectors.plan import Figure, SectorPlan
from cloud.store.base import AlarmRow

SEVERITIES = (1, 2, 3, 4)
SPOKEN = ("measured", "unchanged", "doubtful")  # a stale value says nothing about now
NO_ALARM = 9  # behind every severity
DeviceKey = tuple[str, str]


@dataclass(frozen=True, slots=True)
class FigureStanding:
    """A figure now: None = no data. Out of `of` devices `devices` have a value; the oldest of these is from then."""

    figure: Figure
    unit: str
    value: float | None
    devices: int
    of: int
    oldest_at: int | None

    @property
    def met(self) -> bool | None:
        """Whether it reaches its target; None = no target, or no data."""
        if self.value is None or self.figure.target is None:
            return None
        return self.figure.target.is_met(self.value)


@dataclass(frozen=True, slots=True)
class Trouble:
    """A device with what is wrong with it: its open alarms (severity 9 = none), whether it answers, silent points."""

    device: DeviceView
    severity: int
    alarms: int
    silent: int

    @property
    def rank(self) -> tuple[int, bool, int, str, str]:
        """The worst first."""
        return self.severity, not self.device.fault, -self.silent, self.device.gateway, self.device.id

    @property
    def worst(self) -> int | None:
        """The gravest severity that is open; None = no alarm."""
        return None if self.severity == NO_ALARM else self.severity

    @property
    def is_well(self) -> bool:
        """Whether nobody needs to look."""
        return self.severity == NO_ALARM and not self.device.fault and not self.silent


@dataclass(frozen=True, slots=True)
class SectorStanding:
    """One sector now. `newest_at`: when anything of it was last measured, None = never."""

    plan: SectorPlan
    severities: Mapping[int, int]
    devices: int
    well: int
    newest_at: int | None
    figures: tuple[FigureStanding, ...]

    @property
    def alarms(self) -> int:
        """How many are open."""
        return sum(self.severities.values())

    @property
    def worst(self) -> int | None:
        """The gravest severity that is open."""
        return min((each for each, number in self.severities.items() if number), default=None)


class Fleet:
    """Devices and open alarms of the whole province, sorted once so that every sector finds its own at once."""

    def __init__(self, devices: Iterable[DeviceView], alarms: Iterable[AlarmRow], rules: Mapping[str, str]) -> None:
        """`rules`: what each rule looks at, by its id."""
        self._by_profile: dict[str, list[DeviceView]] = defaultdict(list)
        self._profile_of: dict[DeviceKey, str] = {}
        for device in devices:
            self._by_profile[device.profile].append(device)
            self._profile_of[device.gateway, device.id] = device.profile
        self._standings: dict[str, SectorStanding] = {}
        self._alarms: dict[str, list[AlarmRow]] = defaultdict(list)
        self._at: dict[DeviceKey, list[AlarmRow]] = defaultdict(list)
        for alarm in alarms:
            key = (alarm.gateway, alarm.device)
            self._at[key].append(alarm)
            self._alarms[self._profile_of.get(key) or rules.get(alarm.rule, "")].append(alarm)

    def devices(self, plan: SectorPlan) -> list[DeviceView]:
        """The devices of a sector, without the indices that are worked out from them."""
        return [each for name in plan.profiles for each in self._by_profile[name] if not each.source]

    def alarms(self, plan: SectorPlan) -> list[AlarmRow]:
        """The open alarms of a sector: the gravest first, of each severity the newest first."""
        mine = [each for name in plan.profiles for each in self._alarms[name]]
        return sorted(sorted(mine, key=lambda each: each.id, reverse=True), key=lambda each: each.severity)

    def troubles(self, plan: SectorPlan) -> list[Trouble]:
        """Every device of a sector, those that need a look first in front."""
        return sorted((self._trouble(each) for each in self.devices(plan)), key=lambda each: each.rank)

    def standing(self, plan: SectorPlan) -> SectorStanding:
        """The sector in figures, worked out once."""
        if plan.id not in self._standings:
            self._standings[plan.id] = self._worked_out(plan)
        return self._standings[plan.id]

    def _worked_out(self, plan: SectorPlan) -> SectorStanding:
        devices = self.devices(plan)
        severities = Counter(each.severity for each in self.alarms(plan))
        times = (at for device in devices if (at := device.glance.newest_at) is not None)
        return SectorStanding(
            plan,
            {each: severities[each] for each in SEVERITIES},
            len(devices),
            sum(self._is_well(each) for each in devices),
            max(times, default=None),
            tuple(figure_standing(each, self._by_profile[each.profile]) for each in plan.figures),
        )

    def chart_devices(self, profile: str, *, most: int) -> tuple[list[DeviceView], int]:
        """The devices whose lines a chart shows, those that need a look first in front, and how many there are."""
        found = sorted((self._trouble(each) for each in self._by_profile[profile]), key=lambda each: each.rank)
        return [each.device for each in found[:most]], len(found)

    def _is_well(self, device: DeviceView) -> bool:
        return not device.fault and (device.gateway, device.id) not in self._at and not device.glance.silent

    def _trouble(self, device: DeviceView) -> Trouble:
        mine = self._at.get((device.gateway, device.id), ())
        severity = min(each.severity for each in mine) if mine else NO_ALARM
        return Trouble(device, severity, len(mine), device.glance.silent)


def figure_standing(figure: Figure, devices: Sequence[DeviceView]) -> FigureStanding:
    """A figure from what its devices say now; what is silent or bad is left out, and counted as left out."""
    points = list(_points(devices, figure.point))
    spoken = [(value, point.observed_at) for point in points if (value := _value(point)) is not None]
    values = [value for value, _ in spoken]
    unit = {"share": "%", "count": ""}.get(figure.how, points[0].unit if points else "")
    oldest = min((at for _, at in spoken if at is not None), default=None)
    return FigureStanding(figure, unit, _one(figure, values), len(values), len(points), oldest)


def _points(devices: Iterable[DeviceView], key: str) -> Iterator[PointView]:
    """The point of each device; devices of one model have it in the same place."""
    place = 0
    for device in devices:
        points = device.points
        if place >= len(points) or points[place].key != key:
            place = next((number for number, point in enumerate(points) if point.key == key), len(points))
        if place < len(points):
            yield points[place]


def _value(point: PointView) -> float | None:
    if point.freshness not in SPOKEN or point.quality.startswith("bad") or isinstance(point.value, str):
        return None
    return None if point.value is None else float(point.value)


def _one(figure: Figure, values: Sequence[float]) -> float | None:
    if not values:
        return None
    counted = sum(figure.counts(each) for each in values)
    return {
        "sum": sum(values),
        "mean": sum(values) / len(values),
        "minimum": min(values),
        "maximum": max(values),
        "count": float(counted),
        "share": 100.0 * counted / len(values),
    }[figure.how]
