"""What a vaccine fridge has been exposed to: time too warm and too cold, the alarms of WHO, and its kinetic mean."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from cloud.indices.grid import DAY_MS
from cloud.indices.signal import (
    Figures,
    Signal,
    Times,
    Truth,
    having,
    highest,
    integral_ms,
    known_share,
    lowest,
    mean,
    standing,
    where,
)
from cloud.indices.table import IndexTable, Place, Results, Signals

GAS_CONSTANT = 8.314462618e-3  # kJ/(mol·K)
ZERO_C = 273.15


class ColdChainIndex(IndexTable):
    """Exposure of a fridge's vaccines."""

    kind: Literal["cold_chain"]
    low_c: float = Field(description="Below it is too cold.")
    high_c: float = Field(description="Above it is too warm.")
    heat_c: float = Field(description="WHO PQS alarm: at or above it ...")
    heat_h: float = Field(gt=0, le=48, description="... for so long without a break.")
    freeze_c: float = Field(description="WHO PQS alarm: at or below it ...")
    freeze_min: float = Field(gt=0, le=1440, description="... for so long without a break.")
    frost_c: float = Field(description="At or below it what must not freeze goes into quarantine, however short.")
    activation_kj_mol: float = Field(gt=0, description="Activation energy of the mean kinetic temperature.")

    @property
    def reach_ms(self) -> int:
        """Two days: the day of the sums, and stretches of up to a day that began before it."""
        return 2 * DAY_MS

    @property
    def words(self) -> tuple[frozenset[str], frozenset[str]]:
        """The temperature inside."""
        return frozenset({"temp"}), frozenset({"temp"})

    def work_out(self, signals: Signals, at: Times, place: Place) -> Results:
        """Sums of 24 h, how long it is too warm or frozen now, and the worst of all as one state."""
        temp, begin = signals["temp"], at - DAY_MS
        warm, cold = where(temp, temp.values > self.high_c), where(temp, temp.values < self.low_c)
        heat_h = lasting_ms(temp, temp.values >= self.heat_c, at) / 3_600_000
        freeze_min = lasting_ms(temp, temp.values <= self.freeze_c, at) / 60_000
        least, is_known = lowest(temp, begin, at), np.isfinite(standing(temp, at))
        warm_min, cold_min = (integral_ms(each, begin, at) / 60_000 for each in (warm, cold))
        state = np.zeros(at.shape)
        state = np.where((warm_min > 0) | (cold_min > 0), 1.0, state)
        state = np.where(least <= self.frost_c, 2.0, state)
        state = np.where(longest(temp, temp.values >= self.heat_c, at) >= self.heat_h * 3_600_000, 3.0, state)
        state = np.where(longest(temp, temp.values <= self.freeze_c, at) >= self.freeze_min * 60_000, 4.0, state)
        found: Results = {
            "exposure": state,
            "heat_h": np.round(heat_h, 2),
            "freeze_min": np.round(freeze_min, 1),
            "warm_min_24h": np.round(warm_min, 1),
            "cold_min_24h": np.round(cold_min, 1),
            "min_24h": least,
            "max_24h": highest(temp, begin, at),
            "mkt_24h": np.round(kinetic_mean(temp, begin, at, self.activation_kj_mol), 2),
            "known_pct": np.round(100 * known_share(temp, begin, at), 1),
        }
        return {name: np.where(is_known, figure, np.nan) for name, figure in found.items()}


def kinetic_mean(temp: Signal, begin: Times, end: Times, activation_kj_mol: float) -> Figures:
    """The one temperature that would have aged the vaccines as much (Haynes 1971; USP <1079.2>)."""
    heat = activation_kj_mol / GAS_CONSTANT
    rate = having(temp, np.exp(-heat / (temp.values + ZERO_C)))
    average = mean(rate, begin, end)
    return np.asarray(heat / -np.log(average) - ZERO_C, dtype=np.float64)


def lasting_ms(signal: Signal, truth: Truth, at: Times) -> Figures:
    """For how long a condition has held without a break up to each time; a gap in the readings breaks it."""
    began = _begins(signal, truth)
    place = np.maximum(np.searchsorted(signal.times, at, side="right") - 1, 0)
    fresh = (at >= signal.times[place]) & (at - signal.times[place] <= signal.hold_ms)
    return np.where(fresh & truth[place], at - began[place], 0.0).astype(np.float64)


def longest(signal: Signal, truth: Truth, at: Times) -> Figures:
    """The longest stretch without a break that ended in the 24 h before each time, or lasts."""
    began, found = _begins(signal, truth), np.zeros(at.shape)
    first = np.searchsorted(signal.times, at - DAY_MS, side="right")
    last = np.searchsorted(signal.times, at, side="right")
    for row, (a, b) in enumerate(zip(first.tolist(), last.tolist(), strict=True)):
        lengths = np.where(truth[a:b], np.minimum(signal.ends[a:b], at[row]) - began[a:b], 0)
        found[row] = lengths.max(initial=0)
    return found


def _begins(signal: Signal, truth: Truth) -> Times:
    """When the stretch began that each reading belongs to."""
    gaps = np.diff(signal.times, prepend=signal.times[:1]) > signal.hold_ms
    changes = np.concatenate(([True], truth[1:] != truth[:-1])) | gaps
    return np.asarray(
        signal.times[np.maximum.accumulate(np.where(changes, np.arange(len(changes)), 0))], dtype=np.int64
    )
