"""The parts of the disaster page: gauges and reservoirs with their course, rain sums, slopes; pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cloud.api.views import DeviceView, SiteView, ThresholdView
from cloud.disaster.outlook import Course, Crossing
from cloud.rules.kinds.window import Window
from cloud.rules.ladder import same_in_both
from cloud.rules.rule import Rule
from cloud.store.base import AlarmRow
from cloud.web.figures import Devices, Figure, figure, gravest, indices_of, severity_of
from cloud.web.sketch import Sketch
from device_profiles.schema import Text

RAIN_H: Final = (1, 3, 6, 12, 24, 48, 72)
RAIN_INDEX, RISK_INDEX, RIVER_INDEX = "index_rain", "index_rain_risk", "index_river"
RESERVOIR, SLOPE = "reservoir", "landslide_node"
SLOPE_POINTS: Final = ("tilt_rate_deg_h", "crack_mm", "soil_sat_pct", "pore_kpa")
FLOWS: Final = ("q_in_m3_s", "q_out_m3_s", "q_turbine_m3_s", "volume_mcm", "level_down_m")
Levels = Callable[[DeviceView, str], Sequence[ThresholdView]]
Marks = Mapping[int, Sequence[ThresholdView]]  # hours of rain -> levels, lowest first


@dataclass(frozen=True, slots=True)
class Gauge:
    """A level with its marks, how it moves, and what the index of the river says."""

    figure: Figure
    marks: Sequence[ThresholdView]
    course: Course | None
    crossing: Crossing | None
    drawing: Sketch | None
    river: DeviceView | None = None

    @property
    def above(self) -> ThresholdView | None:
        """The highest mark that it has reached."""
        level = self.figure.value
        return next((each for each in reversed(self.marks) if level is not None and each.value <= level), None)

    @property
    def next(self) -> ThresholdView | None:
        """The mark ahead."""
        level = self.figure.value
        return next((each for each in self.marks if level is not None and each.value > level), None)

    @property
    def ahead_shown(self) -> Text:
        """What people read for the mark that would be crossed."""
        name = self.crossing.name if self.crossing else ""
        return next((each.level_shown for each in self.marks if each.level == name), same_in_both(name))

    @property
    def severity(self) -> int | None:
        """How grave it is."""
        return self.figure.severity

    def rise(self, key: str) -> Figure | None:
        """A figure of the river index, when it counts."""
        found = figure(self.river, key)
        return found if found is not None and found.value is not None else None


@dataclass(frozen=True, slots=True)
class RainRow:
    """The sums of one gauge; `device` is the gauge, `index` the derived device that has them."""

    device: DeviceView
    index: DeviceView
    sums: Mapping[int, Figure]
    rain_class: Figure | None
    known_pct: Figure | None
    slide: Figure | None

    @property
    def severity(self) -> int | None:
        """The gravest of its sums."""
        return gravest(each.severity for each in self.sums.values())


@dataclass(frozen=True, slots=True)
class Reservoir:
    """A lake: its level as a gauge, its flows and gates; `gates` None = nobody said how many it has."""

    gauge: Gauge
    flows: Mapping[str, Figure]
    open: Figure | None
    gates: int | None

    @property
    def net(self) -> float | None:
        """Inflow less outflow."""
        into, out = self.flows.get("q_in_m3_s"), self.flows.get("q_out_m3_s")
        if into is None or out is None or into.value is None or out.value is None:
            return None
        return into.value - out.value


@dataclass(frozen=True, slots=True)
class Node:
    """One node on a slope; `alarm` is the gravest open alarm of it."""

    device: DeviceView
    figures: Sequence[Figure | None]
    alarm: AlarmRow | None

    @property
    def severity(self) -> int | None:
        """The gravest of its alarm and its figures."""
        said = [each.severity for each in self.figures if each is not None]
        return gravest([self.alarm.severity if self.alarm else None, *said])

    @property
    def known(self) -> bool:
        """Whether anything of it still counts."""
        return any(each is not None and each.known for each in self.figures)


@dataclass(frozen=True, slots=True)
class Slope:
    """A site with its nodes."""

    site: str
    nodes: Sequence[Node]

    @property
    def severity(self) -> int | None:
        """The gravest of its nodes."""
        return gravest(each.severity for each in self.nodes)

    @property
    def known(self) -> int:
        """How many nodes say something."""
        return sum(each.known for each in self.nodes)

    @property
    def is_calm(self) -> bool:
        """Whether it speaks, and nothing moves."""
        return self.known > 0 and self.severity is None


def rain_marks(rules: Mapping[str, Rule]) -> Marks:
    """The levels of the rules that hold rain sums of some hours for the whole province."""
    found: dict[int, list[ThresholdView]] = {}
    for rule in rules.values():
        kind, wanted = rule.kind, rule.selector
        narrowed = (*wanted.sites, *wanted.areas, *wanted.gateways, *wanted.devices, *wanted.labels)
        if not isinstance(kind, Window) or kind.figure != "sum" or wanted.point != "rain_mm" or narrowed:
            continue
        levels = [ThresholdView(rule.id, each.name, each.words, each.threshold, each.severity) for each in kind.levels]
        found.setdefault(round(kind.window_s / 3600), []).extend(levels)
    return {hours: sorted(levels, key=lambda each: each.value) for hours, levels in found.items()}


def rain_rows(devices: Devices, marks: Marks) -> list[RainRow]:
    """Every gauge with sums, the gravest first, then by the rain of 24 h; what says nothing comes last."""
    sources = {(each.gateway, each.id): each for each in devices if not each.source}
    risks = indices_of(devices, RISK_INDEX)
    rows = [
        _rain_row(sources[key], index, risks.get(key), marks)
        for key, index in indices_of(devices, RAIN_INDEX).items()
        if key in sources
    ]

    def order(row: RainRow) -> tuple[int, float, str]:
        day = row.sums[24].value if 24 in row.sums else None
        return (row.severity or 9, -day if day is not None else 1.0, row.device.id)

    return sorted(rows, key=order)


def wettest(rows: Sequence[RainRow]) -> RainRow | None:
    """The gauge with most rain in 24 h; None when it rained nowhere, or nobody knows."""
    known = [(row.sums[24].value or 0.0, row) for row in rows if 24 in row.sums]
    most, row = max(known, key=lambda each: each[0], default=(0.0, None))
    return row if most > 0 else None


def _rain_row(device: DeviceView, index: DeviceView, risk: DeviceView | None, marks: Marks) -> RainRow:
    sums: dict[int, Figure] = {}
    for hours in RAIN_H:
        plain = figure(index, f"r_{hours}h")
        if plain is not None:
            sums[hours] = Figure(index, plain.point, severity_of(plain.value, marks.get(hours, ())))
    return RainRow(
        device, index, sums, figure(index, "class_24h"), figure(index, "known_pct"), figure(risk, "slide_risk")
    )


def reservoir(gauge: Gauge, site: SiteView | None, levels: Levels) -> Reservoir:
    """A lake around its level."""
    device = gauge.figure.device
    flows = {key: figure(device, key, levels(device, key)) for key in FLOWS}
    gates = site.attributes.get("gates") if site else None
    return Reservoir(
        gauge,
        {key: each for key, each in flows.items() if each is not None},
        figure(device, "gates_open", levels(device, "gates_open")),
        int(gates) if isinstance(gates, int | float) else None,
    )


def slopes(devices: Devices, alarms: Sequence[AlarmRow], levels: Levels) -> list[Slope]:
    """Every site with landslide nodes, the gravest first, then those of which least is known."""
    told: dict[tuple[str, str], AlarmRow] = {}
    for alarm in sorted(alarms, key=lambda each: -each.severity):
        told[alarm.gateway, alarm.device] = alarm
    sites: dict[str, list[Node]] = {}
    for device in devices:
        if device.profile == SLOPE:
            figures = [figure(device, key, levels(device, key)) for key in SLOPE_POINTS]
            sites.setdefault(device.site, []).append(Node(device, figures, told.get((device.gateway, device.id))))
    found = [Slope(site, sorted(nodes, key=lambda node: node.device.id)) for site, nodes in sites.items()]
    return sorted(found, key=lambda slope: (slope.severity or 9, slope.known, slope.site))
