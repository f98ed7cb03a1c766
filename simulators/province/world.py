"""Everything around a device at one moment: weather, rivers, the lake, slopes, power; worked out when first asked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from simulators.province.calendar import Moment, moment_of
from simulators.province.climate import climate
from simulators.province.fleet import PlacedDevice
from simulators.province.grid import Series
from simulators.province.places import km_between
from simulators.province.power import Power
from simulators.province.rain import Position, RainField
from simulators.province.rivers import LakeCourse, discharges, lake_course, ratings
from simulators.province.soil import Slope, slope, strength_pct
from simulators.scenarios.scenario import ScenarioFile
from simulators.signals import HOUR_S, noise

RUSH_H = ((7.2, 1.2), (17.3, 1.4))  # when people drive, and for how long


@dataclass(slots=True)
class World:
    """The world of one story. Remembers what it has worked out; the answers do not depend on it."""

    story: ScenarioFile
    seed: int
    rain: RainField
    power: Power
    _flows: Mapping[str, Sequence[float]] | None = None
    _lake: LakeCourse | None = None
    _slopes: dict[Position, Slope] = field(default_factory=dict)

    @property
    def flows(self) -> Mapping[str, Sequence[float]]:
        """Discharge at each gauge, every ten minutes."""
        if self._flows is None:
            self._flows = discharges(self.story, self.rain)
        return self._flows

    @property
    def lake(self) -> LakeCourse:
        """The lake over the whole story."""
        if self._lake is None:
            self._lake = lake_course(self.story, self.flows["lake"])
        return self._lake

    def discharge_m3_s(self, gauge: str, elapsed_s: float) -> float:
        """What runs past a gauge."""
        return Series(self.flows[gauge]).at(elapsed_s)

    def level_m(self, gauge: str, elapsed_s: float) -> float:
        """The level at a gauge, on its own datum."""
        return ratings()[gauge].level_m(self.discharge_m3_s(gauge, elapsed_s))

    def ground(self, place: Position, site: str = "") -> Slope:
        """The ground at a place: how wet it is, and how a slope of this site answers."""
        if place not in self._slopes:
            rates = self.rain.rates(place)
            self._slopes[place] = slope(rates, begin=self.story.wet, strength_pct=strength_pct(site))
        return self._slopes[place]

    def elapsed_s(self, at_ms: int) -> float:
        """Seconds since the story's begin."""
        return at_ms / 1000 - self.story.begin.timestamp()


@dataclass(frozen=True, slots=True)
class Here:
    """One device at one moment in the world."""

    device: PlacedDevice
    world: World
    now: Moment
    elapsed_s: float
    grain: int  # makes this device a little different from its like

    @property
    def at_ms(self) -> int:
        """Ms since 1970 UTC."""
        return self.now.at_ms

    def wobble(self, *, period_s: float, salt: int = 0) -> float:
        """A smooth random walk between -1 and 1 that is this device's own."""
        return noise(self.grain + 7919 * salt, self.at_ms / 1000, period_s=period_s)

    def rain_mm_h(self) -> float:
        """How hard it rains here."""
        return self.world.rain.rate_mm_h(self.device.position, self.elapsed_s)

    def temp_c(self) -> float:
        """Air in the shade: the month's mean, higher up colder, warmest at 14 h, cooler when it rains."""
        facts, month = climate(), self.now.month - 1
        height_km = (self.device.height_m - facts.reference_height_m) / 1000
        mean = facts.mean_c[month] + self.world.story.warmer_c - height_km * facts.colder_c_per_km
        swing = facts.swing_c[month] * math.cos((self.now.hour - 14) / 24 * 2 * math.pi)
        wet = min(1.0, self.rain_mm_h() / 8)
        return mean + swing * (1 - 0.7 * wet) - 1.5 * wet + 0.6 * self.wobble(period_s=2 * HOUR_S, salt=1)

    def humidity_pct(self) -> float:
        """Relative humidity: high by night, higher when it rains."""
        dry = 14 * math.cos((self.now.hour - 14) / 24 * 2 * math.pi)
        wet = min(1.0, self.rain_mm_h() / 4)
        return min(99.0, max(35.0, 82 - dry * (1 - wet) + 12 * wet + 3 * self.wobble(period_s=2 * HOUR_S, salt=2)))

    def wind_m_s(self) -> float:
        """Mean wind: fresher after noon, strong under a hard cell."""
        breeze = 1.8 + 1.2 * math.cos((self.now.hour - 15) / 24 * 2 * math.pi)
        squall = 9 * min(1.0, self.rain_mm_h() / 45)
        return max(0.1, breeze + squall + 0.7 * self.wobble(period_s=900, salt=3))

    def rush(self) -> float:
        """How many people drive, 0 to 1."""
        peaks = [math.exp(-(((self.now.hour - at) / wide) ** 2)) for at, wide in RUSH_H]
        day = 0.35 if 6 <= self.now.hour < 21 else 0.06
        return day + (1 - day) * max(peaks) * (1.0 if self.now.is_workday and not self.world.story.holiday else 0.5)

    def crowd(self) -> float:
        """Share of a place's capacity that comes because of the story, in per cent."""
        told = 0.0
        for crowd in self.world.story.crowds:
            share = (self.at_ms / 1000 - crowd.begin.timestamp()) / (crowd.end - crowd.begin).total_seconds()
            if crowd.area == self.device.area and 0 < share < 1:
                told += crowd.capacity_pct * math.sin(share * math.pi)
        return told

    def smoke(self) -> float:
        """Fine dust that plumes of the story bring here, in µg/m³."""
        told = 0.0
        for plume in self.world.story.smoke:
            share = (self.at_ms / 1000 - plume.begin.timestamp()) / (plume.end - plume.begin).total_seconds()
            if 0 < share < 1:
                away = km_between(self.device.position, plume.at) / plume.radius_km
                told += plume.pm25 * math.sin(share * math.pi) ** 2 * math.exp(-(away**2))
        return told

    def pm25(self) -> float:
        """Fine dust: the season, traffic, kitchens and what burns; rain washes it out."""
        traffic = 14 * self.rush() + 10 * math.exp(-(((self.now.hour - 18.5) / 1.3) ** 2))
        washed = 1 - 0.6 * min(1.0, self.rain_mm_h() / 5)
        own = climate().base_pm25[self.now.month - 1] * (1 + 0.15 * self.wobble(period_s=2 * HOUR_S, salt=4))
        return max(2.0, (own + traffic * min(1.0, 200 / (self.device.height_m + 100))) * washed + self.smoke())


def world_of(story: ScenarioFile, seed: int) -> World:
    """The world of a story."""
    return World(story, seed, RainField(story, seed), Power(story))


def here(device: PlacedDevice, world: World, at_ms: int) -> Here:
    """A device in the world at a moment."""
    grain = world.seed * 100_003 + device.number * 101 + sum(device.profile.encode())
    return Here(device, world, moment_of(at_ms), world.elapsed_s(at_ms), grain)
