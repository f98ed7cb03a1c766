"""Quality class of surface water after QCVN 08:2023/BTNMT: the class of its worst parameter."""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from cloud.indices.grid import HOUR_MS
from cloud.indices.signal import Figures, Times, mean
from cloud.indices.table import IndexTable, Place, Results, Signals
from device_profiles.schema import Strict

PARAMETERS = ("ph", "do", "bod", "cod", "toc", "tss", "tp", "tn", "coliform", "faecal")  # choices of `worst`, from 1
WINDOW_MS = 24 * HOUR_MS


class Limit(Strict):
    """The limits of classes A, B and C for one parameter; what keeps none of them is D."""

    at_most: tuple[float, float, float] | None = Field(None, description="Greatest value of A, B and C.")
    at_least: tuple[float, float, float] | None = Field(None, description="Least value of A, B and C.")
    worst: int = Field(4, ge=1, le=4, description="The class beyond C: 4, or 3 where D needs what no sensor sees.")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.at_most is None and self.at_least is None:
            raise ValueError("needs at_most or at_least")
        return self


class WaterClassIndex(IndexTable):
    """Class A (1) to D (4) of a river or a lake, by means of 24 hours."""

    kind: Literal["water_class"]
    river: dict[str, Limit] = Field(description="Limits of rivers, by parameter.")
    lake: dict[str, Limit] = Field(description='Limits of lakes where they differ; a lake\'s site says water = "lake".')
    nh4_mg_l: float = Field(gt=0, description="Ammonium above which health is not protected (table 1).")

    @model_validator(mode="after")
    def _known(self) -> Self:
        strangers = sorted({*self.river, *self.lake} - set(PARAMETERS))
        if strangers:
            raise ValueError(f"no such parameters: {', '.join(strangers)}")
        return self

    @property
    def reach_ms(self) -> int:
        """The mean of a day."""
        return WINDOW_MS

    @property
    def words(self) -> tuple[frozenset[str], frozenset[str]]:
        """Any of them will do: the class is that of what is measured, and says of how many."""
        return frozenset(), frozenset((*PARAMETERS, "nh4"))

    def work_out(self, signals: Signals, at: Times, place: Place) -> Results:
        """The class, its worst parameter, the class without solids (a flood is no pollution), and ammonium."""
        limits = {**self.river, **self.lake} if place.attributes.get("water") == "lake" else self.river
        table = np.full((len(PARAMETERS), len(at)), np.nan)
        for row, name in enumerate(PARAMETERS):
            if name in limits and name in signals:
                table[row] = water_class(mean(signals[name], at - WINDOW_MS, at), limits[name])
        without_solids = table.copy()
        without_solids[PARAMETERS.index("tss")] = np.nan
        worst = np.where(np.isfinite(table), table, 0.0)
        known = np.isfinite(table).any(axis=0)
        found: Results = {
            "water_class": np.where(known, worst.max(axis=0), np.nan),
            "worst": np.where(known, worst.argmax(axis=0) + 1.0, np.nan),
            "class_without_tss": _worst_of(without_solids),
            "parameters": np.where(known, np.isfinite(table).sum(axis=0), np.nan),
        }
        if "nh4" in signals:
            ammonium = mean(signals["nh4"], at - WINDOW_MS, at)
            found["nh4_over"] = np.where(np.isfinite(ammonium), ammonium > self.nh4_mg_l, np.nan)
        return found


def water_class(figure: Figures, limit: Limit) -> Figures:
    """1 for A to 4 for D."""
    found = np.ones(figure.shape)
    for number in range(3):
        fails = np.zeros(figure.shape, dtype=bool)
        if limit.at_most is not None:
            fails |= figure > limit.at_most[number]
        if limit.at_least is not None:
            fails |= figure < limit.at_least[number]
        found = np.where(fails, number + 2.0, found)
    return np.where(np.isfinite(figure), np.minimum(found, limit.worst), np.nan)


def _worst_of(table: Figures) -> Figures:
    worst = np.where(np.isfinite(table), table, 0.0).max(axis=0)
    return np.where(worst > 0, worst, np.nan)
