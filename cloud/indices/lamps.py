"""What a street-light cabinet used in a night, and how much dimming and switching saved against full power."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from cloud.indices.grid import DAY_MS, HOUR_MS
from cloud.indices.signal import Figures, Signal, Times, having, integral_ms, known_share, where
from cloud.indices.table import IndexTable, Place, Results, Signals

RATED = "lamps_rated_w"


class LampIndex(IndexTable):
    """A night's energy, noon to noon. Full power is the site's attribute `lamps_rated_w`, or what the night shows."""

    kind: Literal["lamp_energy"]
    lit_w: float = Field(gt=0, description="Above it the lamps are on.")
    full_pct: float = Field(gt=50, le=100, description="Percentile of the power while lit that counts as full power.")
    known_pct: float = Field(ge=0, le=100, description="So much of the day must be known.")

    @property
    def reach_ms(self) -> int:
        """One night."""
        return DAY_MS

    @property
    def words(self) -> tuple[frozenset[str], frozenset[str]]:
        """The power of all phases."""
        return frozenset({"power"}), frozenset({"power"})

    def work_out(self, signals: Signals, at: Times, place: Place) -> Results:
        """Energy used, what full power would have used in the hours of light, and the difference."""
        power, begin = signals["power"], at - DAY_MS
        lit = where(power, power.values > self.lit_w)
        lit_h = integral_ms(lit, begin, at) / HOUR_MS
        burning = having(power, np.where(power.values > self.lit_w, power.values, 0.0))
        used = integral_ms(burning, begin, at) / HOUR_MS / 1000
        rated = place.number(RATED)
        full_w = np.full(at.shape, rated) if rated else full_power(power, begin, at, self.lit_w, self.full_pct)
        could = np.asarray(full_w * lit_h / 1000, dtype=np.float64)
        known = known_share(power, begin, at) * 100 >= self.known_pct
        saved = part_saved(used, could)
        found: Results = {
            "lit_h": np.round(lit_h, 2),
            "used_kwh": np.round(used, 3),
            "full_kwh": np.round(could, 3),
            "saved_kwh": np.round(could - used, 3),
            "saved_pct": np.round(saved, 1),
        }
        return {name: np.where(known, figure, np.nan) for name, figure in found.items()}


def part_saved(used: Figures, could: Figures) -> Figures:
    """What was saved in % of what could have been used; NaN of a dark night."""
    return np.where(could > 0, 100 * (1 - used / np.where(could > 0, could, 1.0)), np.nan)


def full_power(power: Signal, begin: Times, end: Times, lit_w: float, percentile: float) -> Figures:
    """The power that was exceeded only in the last few per cent of the hours of light; NaN in a dark night."""
    spans = power.spans.astype(np.float64)
    found = []
    for first, last in zip(begin.tolist(), end.tolist(), strict=True):
        inside = (power.times > first) & (power.times <= last) & (power.values > lit_w)
        found.append(_weighted(power.values[inside], spans[inside], percentile))
    return np.asarray(found, dtype=np.float64)


def _weighted(values: Figures, weights: Figures, percentile: float) -> float:
    if not len(values):
        return float("nan")
    order = np.argsort(values)
    upto = np.cumsum(weights[order])
    place = np.searchsorted(upto, percentile / 100 * upto[-1])
    return float(values[order][min(int(place), len(values) - 1)])
