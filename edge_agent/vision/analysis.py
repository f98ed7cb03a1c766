"""What a camera measures beyond its own health: motion in zones, counts over lines, levels at gauge boards.

It works on the same picture after `sight` has judged it, and only when the picture can be trusted: a frozen, black,
blurred or turned picture says nothing about the street or the river, so what it would have measured is unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from edge_agent.vision import counting, gauge
from edge_agent.vision.config import CountConfig, GaugeBoard, Line, SightConfig, Zone
from edge_agent.vision.counting import Count, Counting
from edge_agent.vision.gauge import Levels
from edge_agent.vision.geometry import inside
from edge_agent.vision.motion import changed
from edge_agent.vision.picture import CELL_PX, Frame, Seen, View, block_means
from edge_agent.vision.sight import BLACK, FROZEN, MASKED, UNDECIDED, Findings

SPOILING = ("frozen", "black", "blurred", "moved", "rain_on_lens")  # what makes a picture useless for measuring


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What is measured where; the same for all pictures of one configuration."""

    sight: SightConfig
    view: View
    zones: tuple[tuple[str, Seen], ...] = ()
    counting: Counting | None = None
    boards: tuple[GaugeBoard, ...] = ()

    @property
    def is_empty(self) -> bool:
        """True when there is nothing to measure."""
        return not (self.zones or self.counting or self.boards)


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """Everything remembered from picture to picture."""

    before: Frame | None = None
    count: Count | None = None
    levels: tuple[Levels, ...] = ()
    findings: Findings = field(default_factory=Findings)


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """One picture and what is known of it."""

    frame: Frame
    at: float
    doubt: str
    light: float


def plan_of(
    sight: SightConfig,
    view: View,
    *,
    zones: Sequence[Zone] = (),
    lines: Sequence[Line] = (),
    count: CountConfig | None = None,
    boards: Sequence[GaugeBoard] = (),
) -> Plan:
    """The plan of one camera."""
    rows, columns = view.cells.shape
    areas = tuple((zone.name, inside(zone.outline, columns=columns, rows=rows) & view.cells) for zone in zones)
    counted = counting.counting_of(count or CountConfig.model_validate({}), lines, view) if lines else None
    return Plan(sight, view, areas, counted, tuple(boards))


def resumed(state: Analysis) -> Analysis:
    """What is still true when a new stream begins: the empty street and the running interval, but no moving thing."""
    return Analysis(None, state.count, state.levels)


def step(plan: Plan, state: Analysis, frame: Frame, at: float, health: Findings) -> Analysis:
    """The state after one more picture, which `health` has judged; masks must be burnt in already."""
    moment = Moment(frame, at, doubt_of(health), float(health.values.get("brightness", 0.0)))
    count, counted = _count(plan, state.count, moment)
    levels, read = _levels(plan, state.levels, moment)
    moved = [_zone(plan, state.before, moment, zone) for zone in plan.zones]
    found = (*moved, counted, read)
    values = {name: value for one in found for name, value in one.values.items()}
    unknown = {name: why for one in found for name, why in one.unknown.items()}
    return Analysis(frame, count, levels, Findings(values, unknown))


def doubt_of(health: Findings) -> str:
    """Why the picture cannot be measured; empty when it can."""
    for name in SPOILING:
        if health.values.get(name) is True:
            return name
    for reason in (FROZEN, BLACK, MASKED):  # before they have lasted long enough to be called so
        if reason in health.unknown.values():
            return reason
    return ""


def _zone(plan: Plan, before: Frame | None, moment: Moment, zone: tuple[str, Seen]) -> Findings:
    name, area = f"zone_motion.{zone[0]}", zone[1]
    if not area.any():
        return Findings(unknown={name: MASKED})
    if before is None or before.shape != moment.frame.shape or moment.doubt in (FROZEN, BLACK):
        return Findings(unknown={name: moment.doubt or UNDECIDED})
    moved = changed(plan.sight, plan.view, block_means(before, CELL_PX), block_means(moment.frame, CELL_PX))
    return Findings({name: float(np.count_nonzero(moved & area)) / float(np.count_nonzero(area))})


def _count(plan: Plan, state: Count | None, moment: Moment) -> tuple[Count | None, Findings]:
    if plan.counting is None:
        return None, Findings()
    at = moment.at
    now = counting.step(plan.counting, state, moment.frame, at, doubt=moment.doubt, light=moment.light)
    if not counting.is_due(plan.counting, now, at):
        return now, Findings()
    values, unknown = counting.told(plan.counting, now, at)
    return counting.begun_anew(now, at), Findings(values, unknown)


def _levels(plan: Plan, state: tuple[Levels, ...], moment: Moment) -> tuple[tuple[Levels, ...], Findings]:
    values: dict[str, float | bool] = {}
    unknown: dict[str, str] = {}
    levels = []
    for board, before in zip(plan.boards, state or (Levels(),) * len(plan.boards), strict=True):
        level, quality = f"gauge_level.{board.name}", f"gauge_quality.{board.name}"
        if moment.doubt:
            levels.append(Levels())
            unknown |= {level: moment.doubt, quality: moment.doubt}
            continue
        levels.append(gauge.step(board, before, gauge.look(board, moment.frame, plan.view), moment.at))
        reading = gauge.settled(board, levels[-1], moment.at)
        values[quality] = round(reading.quality, 3)
        if reading.level_m is None or reading.quality < board.least_quality:
            unknown[level] = reading.why or gauge.UNSURE
        else:
            values[level] = round(reading.level_m, 4)
    return tuple(levels), Findings(values, unknown)
