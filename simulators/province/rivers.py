"""From rain to levels: basins that run off, gauges that follow each other downstream, and the balance of the lake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from pydantic import Field

from device_profiles.load import read_toml
from device_profiles.schema import Identifier, Strict
from simulators.province.grid import STEP_S, Series, cascade, later
from simulators.province.places import HERE
from simulators.province.rain import Position, RainField
from simulators.province.soil import wetness
from simulators.scenarios.curve import curve_through
from simulators.scenarios.scenario import ScenarioFile
from simulators.scenarios.story import Lake, Spill

RUNS_OFF = (0.08, 0.5)  # share of the rain that reaches the river: dry ground, saturated ground
STORES = 3  # of a basin, as in Nash's cascade
MCM = 1e6
ORDINARY_LAKE = Lake.model_validate({"level_m": 56.4, "turbines_m3_s": 170.0})
MOVES_S = 1800.0  # the gates take so long


class Rating(Strict):
    """Level and discharge of a gauge."""

    zero_m: float = Field(description="Level at which nothing runs.")
    factor: float = Field(gt=0, description="Discharge one metre above that, in m³/s.")
    exponent: float = Field(gt=0, description="How steeply it grows.")

    def level_m(self, m3_s: float) -> float:
        """The level at this discharge."""
        return float(self.zero_m + (max(m3_s, 0.0) / self.factor) ** (1 / self.exponent))

    def m3_s(self, level_m: float) -> float:
        """The discharge at this level."""
        return float(self.factor * max(level_m - self.zero_m, 0.0) ** self.exponent)


class Upstream(Strict):
    """Where water comes from, and when."""

    gauge: Identifier = Field(description="Gauge upstream.")
    lag_h: float = Field(ge=0, description="So much later.")
    store_h: float = Field(ge=0, description="Memory of the river bed between, which flattens waves.")


class Basin(Strict):
    """Land whose rain comes to one place."""

    id: Identifier = Field(description="Identifier.")
    area_km2: float = Field(gt=0, description="Its area.")
    peak_h: float = Field(gt=0, description="A short rain's water is highest so much later.")
    places: tuple[Position, ...] = Field(min_length=1, description="Where its rain is looked at.")


class Gauge(Strict):
    """One place on a river."""

    id: Identifier = Field(description="Identifier.")
    head: bool = Field(False, description="True when the story's inflow comes in here.")
    base_m3_s: float = Field(ge=0, description="What runs in any weather.")
    upstream: tuple[Upstream, ...] = Field((), description="Gauges upstream.")
    basins: tuple[Identifier, ...] = Field((), description="Basins between those and here.")
    rating: Rating = Field(description="Level and discharge.")


class LakeShape(Strict):
    """The lake's shape, and what reaches it."""

    upstream: Upstream = Field(description="The river that fills it.")
    basin: Identifier = Field(description="Land around it.")
    base_m3_s: float = Field(ge=0, description="What runs in any weather.")
    area_km2: float = Field(gt=0, description="Its surface.")
    normal_level_m: float = Field(description="Normal level.")
    normal_volume_mcm: float = Field(gt=0, description="Volume at the normal level, in million m³.")
    tail_m: float = Field(description="Level below the dam when nothing runs.")
    tail_factor_m: float = Field(gt=0, description="What the square root of the outflow adds to that.")


class RiverFile(Strict):
    """The file rivers.toml; gauges stand in the order of the water."""

    source: str = Field(min_length=1, description="Where the facts come from.")
    confirmed: bool = Field(False, description="True when somebody has measured them.")
    basins: tuple[Basin, ...] = Field(description="Basins.")
    gauges: tuple[Gauge, ...] = Field(description="Gauges, upstream ones first.")
    lake: LakeShape = Field(description="The lake.")


@dataclass(frozen=True, slots=True)
class LakeCourse:
    """The lake over the whole story."""

    level_m: Series
    volume_mcm: Series
    q_in: Series
    q_out: Series
    turbines: Series
    tail_m: Series
    spills: Sequence[tuple[float, int]]

    def gates(self, elapsed_s: float) -> int:
        """How many gates are open."""
        return next((gates for since, gates in reversed(self.spills) if since <= elapsed_s), 0)


@cache
def river_file() -> RiverFile:
    """The rivers of the province."""
    return read_toml(HERE / "rivers.toml", RiverFile)


def ratings() -> Mapping[str, Rating]:
    """The rating of each gauge."""
    return {gauge.id: gauge.rating for gauge in river_file().gauges}


def discharges(story: ScenarioFile, rain: RainField) -> Mapping[str, Sequence[float]]:
    """Discharge at each gauge, and `lake` for what reaches the lake, every ten minutes."""
    file = river_file()
    basins = {basin.id: _run_off(basin, rain, story.wet) for basin in file.basins}
    told: dict[str, Sequence[float]] = {}
    for gauge in file.gauges:
        parts = [_routed(told[each.gauge], each) for each in gauge.upstream] + [basins[each] for each in gauge.basins]
        if gauge.head:
            parts.append(_inflow(story, gauge.id, rain.steps))
        told[gauge.id] = _together(parts, gauge.base_m3_s, rain.steps)
    lake = [_routed(told[file.lake.upstream.gauge], file.lake.upstream), basins[file.lake.basin]]
    told["lake"] = _together(lake, file.lake.base_m3_s, rain.steps)
    return told


def lake_course(story: ScenarioFile, inflow: Sequence[float]) -> LakeCourse:
    """The balance of the lake: what comes in and is not let out lifts it."""
    shape, lake = river_file().lake, story.lake or ORDINARY_LAKE
    spills = [((spill.at - story.begin).total_seconds(), spill) for spill in lake.spills]
    spilled = [_spilled(spills, step * STEP_S) for step in range(len(inflow))]
    outflow = [lake.turbines_m3_s + each for each in spilled]
    volume = [shape.normal_volume_mcm + (lake.level_m - shape.normal_level_m) * shape.area_km2]
    for step in range(1, len(inflow)):
        net = (inflow[step - 1] + inflow[step] - outflow[step - 1] - outflow[step]) / 2
        volume.append(volume[-1] + net * STEP_S / MCM)
    return LakeCourse(
        level_m=Series([shape.normal_level_m + (each - shape.normal_volume_mcm) / shape.area_km2 for each in volume]),
        volume_mcm=Series(volume),
        q_in=Series(inflow),
        q_out=Series(outflow),
        turbines=Series([lake.turbines_m3_s] * len(inflow)),
        tail_m=Series([shape.tail_m + shape.tail_factor_m * each**0.5 for each in outflow]),
        spills=[(since, spill.gates) for since, spill in spills],
    )


def _spilled(spills: Sequence[tuple[float, Spill]], elapsed_s: float) -> float:
    """What runs through the gates while they move from one position to the next."""
    told = 0.0
    for since, spill in spills:
        moved = min(1.0, max(0.0, (elapsed_s - since) / MOVES_S))
        told += (spill.m3_s - told) * moved
    return told


def _run_off(basin: Basin, rain: RainField, wet: float) -> list[float]:
    rates = rain.mean_rates(basin.places)
    shares = [RUNS_OFF[0] + (RUNS_OFF[1] - RUNS_OFF[0]) * each for each in wetness(rates, begin=wet)]
    arriving = [rate * share / 3.6 * basin.area_km2 for rate, share in zip(rates, shares, strict=True)]
    return cascade(arriving, hours=basin.peak_h / (STORES - 1), stores=STORES)


def _routed(values: Sequence[float], way: Upstream) -> list[float]:
    return cascade(later(values, hours=way.lag_h), hours=way.store_h)


def _inflow(story: ScenarioFile, river: str, steps: int) -> list[float]:
    given = next((each for each in story.inflows if each.river == river), None)
    if given is None:
        return [0.0] * steps
    curve = curve_through([(_elapsed(story, knot.at), knot.m3_s) for knot in given.knots])
    return [curve.at(step * STEP_S) for step in range(steps)]


def _together(parts: Sequence[Sequence[float]], base: float, steps: int) -> list[float]:
    return [base + sum(part[step] for part in parts) for step in range(steps)]


def _elapsed(story: ScenarioFile, moment: datetime) -> float:
    return (moment - story.begin).total_seconds()
