"""Where it rains how hard: cells that swell, move and fade, corrected where gauges have measured their sums.

```
 rate(place, t) = sum of cells(place, t) x texture(place, t) x correction(place)
```
The correction makes a gauge with a measured sum show exactly that sum, and fades within some kilometres of it.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

from simulators.province.fleet import by_id
from simulators.province.grid import STEP_S, Series, running_sum
from simulators.province.places import km_between
from simulators.scenarios.scenario import ScenarioFile
from simulators.scenarios.story import Storm
from simulators.signals import noise

Position = tuple[float, float]
TEXTURE = 0.35  # share by which neighbours differ from moment to moment
TEXTURE_S = 2400.0
CORRECTION_KM = 8.0  # so far away a measured sum counts as much as the cells do
LEAST_MM_H = 0.05  # less than this wets nothing


@dataclass(slots=True)
class RainField:
    """The rain of one story. Remembers what it has worked out for a place."""

    story: ScenarioFile
    seed: int
    _sums: dict[Position, Series] = field(default_factory=dict)
    _ratios: list[tuple[Position, float]] | None = None

    @property
    def steps(self) -> int:
        """How many ten minutes the story has, and its begin."""
        return math.ceil((self.story.end - self.story.begin).total_seconds() / STEP_S) + 1

    def total_mm(self, place: Position, elapsed_s: float) -> float:
        """What has fallen at a place since the begin."""
        return self._sum(place).at(elapsed_s)

    def since_mm(self, place: Position, elapsed_s: float, hours: float) -> float:
        """What has fallen in the last hours; sums of a long story differ by a rounding, never by less than nothing."""
        return max(0.0, self.total_mm(place, elapsed_s) - self.total_mm(place, elapsed_s - hours * 3600))

    def rate_mm_h(self, place: Position, elapsed_s: float) -> float:
        """How hard it rains, as the mean of ten minutes."""
        return self.since_mm(place, elapsed_s, STEP_S / 3600) * 3600 / STEP_S

    def rates(self, place: Position) -> list[float]:
        """Rain of each ten minutes in mm/h, beginning with the story's first."""
        sums = self._sum(place).values
        return [(after - before) * 3600 / STEP_S for before, after in pairwise(sums)] + [0.0]

    def mean_rates(self, places: Sequence[Position]) -> list[float]:
        """The mean of several places."""
        each = [self.rates(place) for place in places]
        return [sum(rates) / len(each) for rates in zip(*each, strict=True)]

    def _sum(self, place: Position) -> Series:
        if place not in self._sums:
            factor = self._correction(place)
            self._sums[place] = running_sum([rate * factor for rate in self._raw(place)])
        return self._sums[place]

    def _raw(self, place: Position) -> list[float]:
        rates = [0.0] * self.steps
        grain = _number(self.seed, place)
        for storm in self.story.storms:
            first = max(0, math.floor((storm.begin - self.story.begin).total_seconds() / STEP_S))
            last = min(self.steps, math.ceil((storm.end - self.story.begin).total_seconds() / STEP_S))
            for step in range(first, last):
                rates[step] += cell_mm_h(storm, place, self.story.begin.timestamp() + step * STEP_S)
        return [
            rate * (1 + TEXTURE * noise(grain, step * STEP_S, period_s=TEXTURE_S)) if rate > LEAST_MM_H else 0.0
            for step, rate in enumerate(rates)
        ]

    def _correction(self, place: Position) -> float:
        if self._ratios is None:
            self._ratios = [self._ratio(*each) for each in self._measured()]
        weights = [(1 / (km_between(place, at) ** 2 + 0.01), ratio) for at, ratio in self._ratios]
        whole = sum(weight for weight, _ in weights) + CORRECTION_KM**-2
        return math.exp(sum(weight * math.log(ratio) for weight, ratio in weights) / whole)

    def _measured(self) -> list[tuple[Position, float]]:
        return [(by_id()[each.device].position, each.window_mm) for each in self.story.rain if each.device]

    def _ratio(self, place: Position, window_mm: float) -> tuple[Position, float]:
        begin, end = self.story.rain_window or (self.story.begin, self.story.end)
        raw = running_sum(self._raw(place))
        told = raw.at(self._elapsed(end)) - raw.at(self._elapsed(begin))
        return place, max(window_mm, 0.1) / max(told, 0.1)

    def _elapsed(self, moment: datetime) -> float:
        return (moment - self.story.begin).total_seconds()


def cell_mm_h(storm: Storm, place: Position, at_s: float) -> float:
    """Rain of one cell at a place, `at_s` seconds after 1970."""
    begin, end = storm.begin.timestamp(), storm.end.timestamp()
    share = (at_s - begin) / (end - begin)
    if not 0 < share < 1:
        return 0.0
    to = storm.to or storm.at
    middle = (storm.at[0] + (to[0] - storm.at[0]) * share, storm.at[1] + (to[1] - storm.at[1]) * share)
    away = km_between(place, middle) / storm.radius_km
    return storm.peak_mm_h * math.sin(share * math.pi) ** 2 * math.exp(-(away**2))


def _number(seed: int, place: Position) -> int:
    digest = hashlib.blake2b(f"{seed}:{place[0]:.4f}:{place[1]:.4f}".encode(), digest_size=6).digest()
    return int.from_bytes(digest, "big")
