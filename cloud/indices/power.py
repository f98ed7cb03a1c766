"""Power quality: voltage against the nominal one, unbalance, harmonics, power factor and frequency, by ten minutes."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from cloud.indices.grid import DAY_MS
from cloud.indices.signal import Figures, Times, mean
from cloud.indices.table import IndexTable, Place, Results, Signals

PHASES = ("u1", "u2", "u3")
INTERVAL_MS = 600_000  # IEC 61000-4-30 aggregates to ten minutes


class PowerIndex(IndexTable):
    """Quality of what a customer or a cabinet is supplied with."""

    kind: Literal["power_quality"]
    nominal_v: float = Field(gt=0, description="Nominal voltage between phase and neutral.")
    good_pct: float = Field(gt=0, description="Deviation up to which the voltage is good.")
    alarm_pct: float = Field(gt=0, description="Deviation beyond which it is an alarm.")
    unbalance_pct: float = Field(gt=0, description="Greatest unbalance of the phases.")
    thd_pct: float = Field(gt=0, description="Greatest total harmonic distortion of the voltage.")
    frequency_hz: tuple[float, float] = Field(description="Least and greatest frequency.")
    least_pf: float = Field(gt=0, le=1, description="Least power factor.")

    @property
    def reach_ms(self) -> int:
        """A day of ten-minute values."""
        return DAY_MS

    @property
    def words(self) -> tuple[frozenset[str], frozenset[str]]:
        """The first phase; the others, harmonics (in %), power factor and frequency where they are measured."""
        return frozenset({"u1"}), frozenset((*PHASES, "thd", "pf", "frequency"))

    def work_out(self, signals: Signals, at: Times, place: Place) -> Results:
        """Each figure, the share of the day in which the voltage was good, and one state: 0 good, 1 poor, 2 alarm."""
        volts = np.stack([mean(signals[name], at - INTERVAL_MS, at) for name in PHASES if name in signals])
        deviation = worst_deviation(volts, self.nominal_v)
        found: Results = {"deviation_pct": np.round(deviation, 2), "good_24h_pct": self._good_share(signals, at)}
        if len(volts) == len(PHASES):
            found["unbalance_pct"] = np.round(unbalance(volts), 2)
        for word, name in (("thd", "thd_pct"), ("pf", "pf"), ("frequency", "frequency_hz")):
            if word in signals:
                found[name] = mean(signals[word], at - INTERVAL_MS, at)
        found["state"] = self._state(found, deviation)
        return found

    def _good_share(self, signals: Signals, at: Times) -> Figures:
        """Of the ten-minute values of 24 h that are known, the share with every phase in the good band."""
        steps = np.arange(DAY_MS // INTERVAL_MS, dtype=np.int64) * INTERVAL_MS
        ends = np.unique((at[:, None] - steps).ravel())
        volts = np.stack([mean(signals[name], ends - INTERVAL_MS, ends) for name in PHASES if name in signals])
        off = np.abs(worst_deviation(volts, self.nominal_v))
        good = np.where(np.isfinite(off), off <= self.good_pct, np.nan)[np.searchsorted(ends, at[:, None] - steps)]
        known = np.isfinite(good).sum(axis=1)
        share = 100 * np.nansum(good, axis=1) / np.maximum(known, 1)
        return np.where(known > 0, np.round(share, 1), np.nan)

    def _state(self, found: Results, deviation: Figures) -> Figures:
        off = np.abs(deviation)
        low, high = self.frequency_hz
        poor = off > self.good_pct
        poor |= found.get("unbalance_pct", np.zeros_like(off)) > self.unbalance_pct
        poor |= found.get("thd_pct", np.zeros_like(off)) > self.thd_pct
        poor |= found.get("pf", np.ones_like(off)) < self.least_pf
        hertz = found.get("frequency_hz", np.full_like(off, low))
        poor |= (hertz < low) | (hertz > high)
        state = np.where(off > self.alarm_pct, 2.0, np.where(poor, 1.0, 0.0))
        return np.where(np.isfinite(off), state, np.nan)


def worst_deviation(volts: Figures, nominal_v: float) -> Figures:
    """The deviation of the phase that is farthest from the nominal voltage, in % with its sign; rows are phases."""
    off = np.round(100 * (volts / nominal_v - 1), 6)  # 5 % is 5 %
    known = np.isfinite(off).all(axis=0)
    farthest = np.abs(np.where(np.isfinite(off), off, 0.0)).argmax(axis=0)
    return np.where(known, np.take_along_axis(off, farthest[None, :], axis=0)[0], np.nan)


def unbalance(volts: Figures) -> Figures:
    """Greatest deviation from the mean of the phases in % of it: the figure of NEMA MG 1, from magnitudes alone."""
    middle = volts.mean(axis=0)
    return np.asarray(100 * np.abs(volts - middle).max(axis=0) / np.where(middle > 0, middle, np.nan), dtype=np.float64)
