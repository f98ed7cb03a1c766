"""Air and comfort of a room: CO2 by class, how long it was stuffy today, and how heat and damp feel together."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from cloud.indices.grid import DAY_MS, HOUR_MS, day_begun
from cloud.indices.signal import Figures, Times, integral_ms, mean, where
from cloud.indices.table import IndexTable, Place, Results, Signals


class ComfortIndex(IndexTable):
    """A classroom's air by means of an hour, and its stuffy minutes of the day."""

    kind: Literal["comfort"]
    co2_ppm: tuple[float, ...] = Field(min_length=1, description="CO2 above which each class below the best begins.")
    discomfort_c: tuple[float, ...] = Field(min_length=1, description="The same of the discomfort index.")

    @property
    def reach_ms(self) -> int:
        """The day up to now."""
        return DAY_MS

    @property
    def words(self) -> tuple[frozenset[str], frozenset[str]]:
        """CO2; temperature and humidity add comfort."""
        return frozenset({"co2"}), frozenset({"co2", "temp", "rh"})

    def work_out(self, signals: Signals, at: Times, place: Place) -> Results:
        """Classes count from 1, the best."""
        co2 = signals["co2"]
        hour = mean(co2, at - HOUR_MS, at)
        stuffy = where(co2, co2.values > self.co2_ppm[0])
        found: Results = {
            "co2_1h": np.round(hour, 0),
            "co2_class": graded(hour, self.co2_ppm),
            "stuffy_min": np.where(
                np.isfinite(hour), np.round(integral_ms(stuffy, day_begun(at), at) / 60_000), np.nan
            ),
        }
        if "temp" in signals and "rh" in signals:
            felt = discomfort(mean(signals["temp"], at - HOUR_MS, at), mean(signals["rh"], at - HOUR_MS, at))
            found["discomfort"] = np.round(felt, 1)
            found["discomfort_class"] = graded(felt, self.discomfort_c)
        return found


def discomfort(temp_c: Figures, rh: Figures) -> Figures:
    """Thom's discomfort index (1959) in °C, from air temperature and relative humidity in %."""
    return temp_c - 0.55 * (1 - 0.01 * rh) * (temp_c - 14.5)


def graded(figure: Figures, steps: tuple[float, ...]) -> Figures:
    """1 up to the first step, one more above each; NaN of what is unknown."""
    return np.where(np.isfinite(figure), np.searchsorted(np.asarray(steps), figure, side="left") + 1.0, np.nan)
