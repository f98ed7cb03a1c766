"""Rain sums of 1 to 72 hours, the days from 19 to 19 and from 7 to 7 o'clock, and the class that forecasters name."""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from cloud.indices.grid import HOUR_MS, day_begun
from cloud.indices.signal import WHOLE, Figures, Times, amount, reported_ms
from cloud.indices.table import IndexTable, Place, Results, Signals

SUMS_H = (1, 3, 6, 12, 24, 48, 72)
DAYS_FROM = (7, 19)  # o'clock at Hà Nội


class RainIndex(IndexTable):
    """Rain of a gauge that reports how much fell since its last report."""

    kind: Literal["rain"]
    class_24h_mm: tuple[float, ...] = Field(description="Rain of 24 h at which each class above the lowest begins.")
    class_12h_mm: tuple[float, ...] = Field(description="The same of 12 h.")

    @model_validator(mode="after")
    def _rise(self) -> Self:
        for steps in (self.class_24h_mm, self.class_12h_mm):
            if list(steps) != sorted(steps) or len(steps) != len(self.class_24h_mm):
                raise ValueError("class_24h_mm and class_12h_mm rise, and have as many classes")
        return self

    @property
    def reach_ms(self) -> int:
        """The longest sum."""
        return SUMS_H[-1] * HOUR_MS

    @property
    def words(self) -> tuple[frozenset[str], frozenset[str]]:
        """The rain since the last report."""
        return frozenset({"rain"}), frozenset({"rain"})

    def work_out(self, signals: Signals, at: Times, place: Place) -> Results:
        """The sums, what of the last 24 h is known, and classes where most of it is: unknown is not dry."""
        rain = signals["rain"]
        found: Results = {f"r_{hours}h": amount(rain, at - hours * HOUR_MS, at) for hours in SUMS_H}
        for hour in DAYS_FROM:
            found[f"day_{hour:02}h"] = amount(rain, day_begun(at, hour=hour), at)
        for hours, steps in ((24, self.class_24h_mm), (12, self.class_12h_mm)):
            begin = at - hours * HOUR_MS
            known = reported_ms(rain, begin, at) / (hours * HOUR_MS)
            found[f"class_{hours}h"] = rain_class(np.where(known >= WHOLE, found[f"r_{hours}h"], np.nan), steps)
            if hours == 24:
                found["known_pct"] = np.round(100 * known, 1)
        return found


def rain_class(rain: Figures, steps: tuple[float, ...]) -> Figures:
    """0 without rain, then 1 for the lightest class, and one more at each step; NaN of an unknown sum."""
    found = np.searchsorted(np.asarray(steps), rain, side="right") + 1.0
    return np.where(np.isfinite(rain), np.where(rain > 0, found, 0.0), np.nan)
