"""What a scenario file says, and the curves through what was measured; pure but for the one reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Self

from pydantic import AwareDatetime, Field, model_validator

from device_profiles.load import read_toml
from device_profiles.schema import Identifier, Strict, Text
from simulators.scenarios.curve import Curve, curve_through
from simulators.scenarios.story import Awaited, Crowd, Cut, Deed, Fault, Inflow, Lake, Smoke, Storm

HOUR_S = 3600.0


class Knot(Strict):
    """One measured or assumed value."""

    at: AwareDatetime = Field(description="When, with its offset from UTC.")
    value: float = Field(description="What was measured.")
    source: str = Field(min_length=1, description="Who says so.")
    confirmed: bool = Field(False, description="True when a public source says so; false for an engineering default.")


class Course(Strict):
    """One quantity over the whole scenario, through its knots."""

    id: Identifier = Field(description="What it is called by those who play it.")
    name: Text = Field(description="Name on the screens.")
    unit: str = Field(description="UCUM unit of the values.")
    knots: tuple[Knot, ...] = Field(min_length=2, description="Values in the order of time.")

    @model_validator(mode="after")
    def _in_order_of_time(self) -> Self:
        if any(later.at <= earlier.at for earlier, later in pairwise(self.knots)):
            raise ValueError("knots do not stand in the order of time")
        return self


class Rain(Strict):
    """How much fell at one gauge in the scenario's rain window; its course in time is the scenario's."""

    id: Identifier = Field(description="What the gauge is called.")
    name: Text = Field(description="Name on the screens.")
    window_mm: float = Field(ge=0, description="Rain in the window.")
    device: Identifier | None = Field(None, description="Gauge of the pilot fleet that stands for it.")
    source: str = Field(min_length=1, description="Who says so.")
    confirmed: bool = Field(False, description="True when a public source says so.")


class ScenarioFile(Strict):
    """One event: what was measured of it, what happens to the province, and which alarms belong to it."""

    scenario: Identifier = Field(description="Identifier, the file's name.")
    name: Text = Field(description="Name on the screens.")
    begin: AwareDatetime = Field(description="Where the story begins.")
    end: AwareDatetime = Field(description="Where it ends, and an endless run begins again.")
    hours_per_second: float = Field(gt=0, le=24, description="Speed of a demonstration.")
    speed: float = Field(600.0, ge=1, le=3600, description="Speed of an exercise of the whole province.")
    step_s: int = Field(300, ge=60, le=3600, description="In an exercise devices are read at most so often.")
    rain_window: tuple[AwareDatetime, AwareDatetime] | None = Field(
        None, description="The hours that the rain sums speak of; none = the whole story."
    )
    levels: tuple[Course, ...] = Field((), description="River and reservoir levels that were measured.")
    rain_course: tuple[Knot, ...] = Field((), description="Share of the whole rain that has fallen, 0 to 1.")
    rain: tuple[Rain, ...] = Field((), description="Rain sums that were measured.")
    storms: tuple[Storm, ...] = Field((), description="Rain cells.")
    inflows: tuple[Inflow, ...] = Field((), description="Water from outside the province.")
    lake: Lake | None = Field(None, description="Lake Thác Bà at the begin, and its gates; none = an ordinary day.")
    wet: float = Field(0.55, ge=0, le=1, description="Wetness of the soil at the begin, 1 = saturated.")
    warmer_c: float = Field(0.0, ge=-25, le=15, description="Difference from the mean temperature of the month.")
    power_cuts: tuple[Cut, ...] = Field((), description="Where and when mains are lost.")
    link_cuts: tuple[Cut, ...] = Field((), description="Where and when gateways cannot reach the centre.")
    crowds: tuple[Crowd, ...] = Field((), description="Where many people come.")
    smoke: tuple[Smoke, ...] = Field((), description="Where it burns.")
    deeds: tuple[Deed, ...] = Field((), description="What somebody does to single devices.")
    faults: tuple[Fault, ...] = Field((), description="Devices that fail or lie.")
    holiday: bool = Field(False, description="No school, no office hours.")
    expected: tuple[Awaited, ...] = Field((), description="Alarms that have to be raised.")
    forbidden: tuple[Awaited, ...] = Field((), description="Alarms that must not be raised.")

    @model_validator(mode="after")
    def _ends_after_its_begin(self) -> Self:
        if self.end <= self.begin:
            raise ValueError("the end is not after the begin")
        return self


@dataclass(frozen=True, slots=True)
class Scenario:
    """The physics of one event as functions of hours since its begin."""

    file: ScenarioFile
    levels: Mapping[str, Curve]
    fallen: Curve

    @property
    def hours(self) -> float:
        """How long the story is."""
        return hours_between(self.file.begin, self.file.end)

    def level(self, gauge: str, hours: float) -> float:
        """The level at a gauge."""
        return self.levels[gauge].at(hours)

    def rise_m_h(self, gauge: str, hours: float, over_h: float = 1.0) -> float:
        """How fast a level rose over the last hour or so."""
        return (self.level(gauge, hours) - self.level(gauge, hours - over_h)) / over_h

    def rain_total(self, gauge: str, hours: float) -> float:
        """What has fallen at a gauge since the begin, in mm."""
        window = self.file.rain_window or (self.file.begin, self.file.end)
        opened, closed = (self.fallen.at(hours_between(self.file.begin, moment)) for moment in window)
        (rain,) = [each for each in self.file.rain if each.id == gauge]
        return rain.window_mm / (closed - opened) * self.fallen.at(hours)

    def hours_at(self, moment: datetime) -> float:
        """Hours from the begin to a moment."""
        return hours_between(self.file.begin, moment)


@dataclass(frozen=True, slots=True)
class Playback:
    """A scenario told at a speed: real seconds to hours of the story, which begins again when it is over."""

    scenario: Scenario
    hours_per_second: float

    def hours(self, seconds: float) -> float:
        """The story's hour after so many real seconds."""
        return (seconds * self.hours_per_second) % self.scenario.hours

    def rounds(self, seconds: float) -> int:
        """How often the story has ended before."""
        return int(seconds * self.hours_per_second // self.scenario.hours)

    def level(self, gauge: str, seconds: float) -> float:
        """The level at a gauge after so many real seconds."""
        return self.scenario.level(gauge, self.hours(seconds))

    def rain_total(self, gauge: str, seconds: float) -> float:
        """What has fallen at a gauge: a counter that only rises, also over the end of a round."""
        whole = self.scenario.rain_total(gauge, self.scenario.hours)
        return self.rounds(seconds) * whole + self.scenario.rain_total(gauge, self.hours(seconds))


def build(file: ScenarioFile) -> Scenario:
    """The physics that a scenario file describes."""
    levels = {course.id: _curve(course.knots, file.begin) for course in file.levels}
    evenly = curve_through([(0.0, 0.0), (hours_between(file.begin, file.end), 1.0)])
    return Scenario(file, levels, _curve(file.rain_course, file.begin) if file.rain_course else evenly)


def load_scenario(name: str) -> Scenario:
    """A scenario of the house by its name; FileFaultsError when the file is wrong or not there."""
    return build(read_scenario(name))


def read_scenario(name: str) -> ScenarioFile:
    """What the file of a scenario says; FileFaultsError when it is wrong or not there."""
    return read_toml(Path(__file__).parent / f"{name}.toml", ScenarioFile)


def scenario_names() -> tuple[str, ...]:
    """Every scenario of the house."""
    return tuple(sorted(path.stem for path in Path(__file__).parent.glob("*.toml")))


def hours_between(begin: datetime, moment: datetime) -> float:
    """Hours from one moment to another."""
    return (moment - begin).total_seconds() / HOUR_S


def _curve(knots: tuple[Knot, ...], begin: datetime) -> Curve:
    return curve_through([(hours_between(begin, knot.at), knot.value) for knot in knots])
