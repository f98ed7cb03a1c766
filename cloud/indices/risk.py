"""Hints of disaster risk after QĐ 18/2021/QĐ-TTg: a technical warning of ours, never the level that KTTV announces."""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from cloud.indices.grid import DAY_MS
from cloud.indices.signal import WHOLE, Figures, Signal, Times, amount, reported_ms
from cloud.indices.table import IndexTable, Place, Results, Signals
from device_profiles.schema import Strict

DAYS_BACK = 5  # of rain that count as "already raining"
ZONES = {"low": 0, "medium": 1, "high": 2, "very_high": 3}  # thấp, trung bình, cao, rất cao


class RainBand(Strict):
    """One band of rain in 24 h and what it means."""

    from_mm: float = Field(ge=0, description="Rain of 24 h from which this band counts.")
    short: int = Field(ge=0, le=5, description="Heavy rain (art. 44): level while it has lasted for 1 to 2 days.")
    long: int = Field(ge=0, le=5, description="The same when it has lasted for more than 2 days.")
    slide_days: int = Field(ge=1, le=5, description="Flash flood and slide (art. 46): days that it must have rained.")
    slide: tuple[int, int, int, int] = Field(description="Its level where the danger is low, medium, high, very high.")


class RainRiskIndex(IndexTable):
    """Heavy rain and flash floods or slides, from the rain of one gauge and the zone of its place."""

    kind: Literal["rain_risk"]
    wet_day_mm: float = Field(gt=0, description="A day with so much rain counts as raining.")
    bands: tuple[RainBand, ...] = Field(min_length=1, description="From little to much.")
    zone: Literal["low", "medium", "high", "very_high"] = Field(
        description="Danger of a place whose site has no attribute landslide_zone."
    )

    @model_validator(mode="after")
    def _rise(self) -> Self:
        amounts = [band.from_mm for band in self.bands]
        if amounts != sorted(set(amounts)):
            raise ValueError("bands rise")
        return self

    @property
    def reach_ms(self) -> int:
        """As far as days of rain are counted."""
        return DAYS_BACK * DAY_MS

    @property
    def words(self) -> tuple[frozenset[str], frozenset[str]]:
        """The rain since the last report."""
        return frozenset({"rain"}), frozenset({"rain"})

    def work_out(self, signals: Signals, at: Times, place: Place) -> Results:
        """Both levels, 0 = below any; what has been measured counts even when some of the day is missing."""
        rain, zone = signals["rain"], ZONES.get(str(place.attributes.get("landslide_zone", self.zone)), 0)
        today = amount(rain, at - DAY_MS, at)
        days = wet_days(rain, at, self.wet_day_mm)
        heavy, slide = np.zeros(at.shape), np.zeros(at.shape)
        for band in self.bands:
            here = today >= band.from_mm
            heavy = np.where(here, np.where(days > 2, band.long, band.short), heavy)
            slide = np.where(here & (days >= band.slide_days), band.slide[zone], slide)
        enough = (reported_ms(rain, at - DAY_MS, at) >= WHOLE * DAY_MS) | (heavy > 0)
        return {
            "rain_risk": np.where(enough, heavy, np.nan),
            "slide_risk": np.where(enough, slide, np.nan),
            "wet_days": np.where(enough, days, np.nan),
        }


def wet_days(rain: Signal, at: Times, wet_mm: float) -> Figures:
    """How many stretches of 24 h before each time, one after the other without a break, had so much rain."""
    days, unbroken = np.zeros(at.shape), np.ones(at.shape, dtype=bool)
    for back in range(DAYS_BACK):
        fell = amount(rain, at - (back + 1) * DAY_MS, at - back * DAY_MS)
        unbroken &= np.nan_to_num(fell) >= wet_mm
        days += unbroken
    return days
