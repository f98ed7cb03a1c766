"""Water that is lost in a zone of the network: from the flow of the night, and from what is sold."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from cloud.indices.grid import DAY_MS, HOUR_MS, day_begun
from cloud.indices.signal import Figures, Times, integral_ms, known_share, mean
from cloud.indices.table import IndexTable, Place, Results, Signals

CONNECTIONS = "connections"


class WaterLossIndex(IndexTable):
    """Non-revenue water of a zone (DMA), a day at a time: the flow at night that nobody draws goes on all day.

    ```
    loss of a day = (flow of the night − legitimate use of the night) × day factor
    ```
    """

    kind: Literal["water_loss"]
    night_from_h: float = Field(ge=0, lt=12, description="The quietest hours begin here ...")
    night_to_h: float = Field(gt=0, le=12, description="... and end here, o'clock at Hà Nội.")
    litres_per_connection_h: float = Field(ge=0, description="Legitimate use at night of one connection.")
    night_share_pct: float = Field(
        ge=0, le=100, description="The same in % of the day's mean flow where the site has no attribute connections."
    )
    day_factor_h: float = Field(
        gt=0, le=24, description="Hours of night leakage in a day: less than 24, pressure falls."
    )
    before_days: int = Field(ge=1, le=14, description="Days before that the night is compared with.")

    @property
    def reach_ms(self) -> int:
        """The day and those before it."""
        return (1 + self.before_days) * DAY_MS

    @property
    def words(self) -> tuple[frozenset[str], frozenset[str]]:
        """The flow into the zone in m³/h."""
        return frozenset({"flow"}), frozenset({"flow"})

    def work_out(self, signals: Signals, at: Times, place: Place) -> Results:
        """The day's volume, its flow at night and how that has grown, and the loss in m³ and in % of the volume."""
        flow, begin = signals["flow"], at - DAY_MS
        whole = known_share(flow, begin, at) >= 0.75
        volume = integral_ms(flow, begin, at) / HOUR_MS
        night = self._night(signals, at)
        before = np.stack([self._night(signals, at - back * DAY_MS) for back in range(1, self.before_days + 1)])
        usual = median_of(before)
        connections = place.number(CONNECTIONS)
        legitimate = volume / 24 * self.night_share_pct / 100
        if connections is not None:
            legitimate = np.full(at.shape, connections * self.litres_per_connection_h / 1000)
        loss = np.asarray(np.minimum(np.maximum(night - legitimate, 0) * self.day_factor_h, volume), dtype=np.float64)
        found: Results = {
            "volume_m3": np.round(volume, 1),
            "night_flow": np.round(night, 3),
            "night_growth_pct": np.round(growth_pct(night, usual), 1),
            "loss_m3": np.round(loss, 1),
            "nrw_pct": np.round(non_revenue(volume, volume - loss), 1),
        }
        return {name: np.where(whole & np.isfinite(night), figure, np.nan) for name, figure in found.items()}

    def _night(self, signals: Signals, at: Times) -> Figures:
        midnight = day_begun(at)
        first = midnight + round(self.night_from_h * HOUR_MS)
        return mean(signals["flow"], first, midnight + round(self.night_to_h * HOUR_MS))


def median_of(nights: Figures) -> Figures:
    """The middle of the known nights before each day, 0 where none is known; rows are nights."""
    known = np.where(np.isfinite(nights).any(axis=0), nights, 0.0)
    return np.asarray(np.nanmedian(known, axis=0), dtype=np.float64)


def growth_pct(night: Figures, usual: Figures) -> Figures:
    """How much more flows than usual, in %; NaN where nothing did."""
    return np.where(usual > 0, 100 * (night / np.where(usual > 0, usual, 1.0) - 1), np.nan)


def non_revenue(supplied: Figures, sold: Figures) -> Figures:
    """Non-revenue water in % of what was supplied; NaN where nothing was."""
    return np.where(supplied > 0, 100 * (supplied - sold) / np.where(supplied > 0, supplied, 1), np.nan)
