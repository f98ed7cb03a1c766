"""How fast a river rises, and what its level hints at after art. 45 of QĐ 18/2021/QĐ-TTg for one basin."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from cloud.indices.grid import HOUR_MS
from cloud.indices.signal import Figures, Times, highest, standing
from cloud.indices.table import IndexTable, Place, Results, Signals

RISES_H = (1, 3, 6, 24)
ATTRIBUTES = ("flood_level_1_m", "flood_level_2_m", "flood_level_3_m")
ZONE, PEAK = "flood_zone", "flood_peak_m"


class RiverIndex(IndexTable):
    """Rise and flood risk of a river gauge. The levels, the zone and the historic peak are attributes of its site."""

    kind: Literal["river"]
    zone: int = Field(ge=1, le=3, description="Zone of a station whose site has no attribute flood_zone.")
    by_level: tuple[tuple[int, int, int], ...] = Field(
        min_length=5,
        max_length=5,
        description="Risk in zones 1, 2, 3 from BĐ I, BĐ II, BĐ III, BĐ III + over_m, and above the historic peak.",
    )
    over_m: float = Field(gt=0, description="So much above BĐ III the next row of by_level begins.")

    @property
    def reach_ms(self) -> int:
        """The longest rise."""
        return RISES_H[-1] * HOUR_MS

    @property
    def words(self) -> tuple[frozenset[str], frozenset[str]]:
        """The level on the station's own datum."""
        return frozenset({"level"}), frozenset({"level"})

    def work_out(self, signals: Signals, at: Times, place: Place) -> Results:
        """Rises in metres, the peak of 24 h, the risk hint and the height above or below BĐ I, II and III."""
        level = signals["level"]
        now = standing(level, at)
        found: Results = {f"rise_{hours}h": now - standing(level, at - hours * HOUR_MS) for hours in RISES_H}
        found["peak_24h"] = np.where(np.isfinite(now), highest(level, at - 24 * HOUR_MS, at), np.nan)
        marks = [place.number(name) for name in ATTRIBUTES]
        for number, mark in enumerate(marks, start=1):
            if mark is not None:
                found[f"above_bd{number}"] = now - mark
        first, second, third = marks
        if first is not None and second is not None and third is not None:  # a hint from half a table would mislead
            found["flood_risk"] = self._risk(now, (first, second, third), place)
        return found

    def _risk(self, level: Figures, marks: tuple[float, float, float], place: Place) -> Figures:
        zone = int(place.number(ZONE) or self.zone)
        peak = place.number(PEAK)
        steps = [*marks, marks[2] + self.over_m, *([peak] if peak is not None else [])]
        risk = np.zeros(level.shape)
        for step, row in zip(steps, self.by_level, strict=False):
            risk = np.where(level >= step, np.maximum(risk, row[min(max(zone, 1), 3) - 1]), risk)
        return np.where(np.isfinite(level), risk, np.nan)
