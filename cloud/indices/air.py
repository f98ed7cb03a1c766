"""VN_AQI, the air quality index of QĐ 1459/QĐ-TCMT (12 November 2019): of the hour with NowCast, and of the day."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from cloud.indices.grid import DAY_MS, HOUR_MS
from cloud.indices.signal import WHOLE, Figures, Signal, Times, mean, since_before
from cloud.indices.table import IndexTable, Place, Results, Signals
from device_profiles.schema import Strict

DUST = ("pm25", "pm10")  # one of them is required, and the hour takes their NowCast
GASES = ("so2", "no2", "co", "o3")
POLLUTANTS = (*DUST, *GASES)  # in the order of the choices of `main`: 1 is pm25
NOWCAST_HOURS = 12
OZONE_HOURS = 8
NO_ROUNDING_SLIP = 1e-9


class AirScale(Strict):
    """One column of table 2: the concentrations (µg/m³) at which the index has the values of `index`."""

    pm25: tuple[float, ...]
    pm10: tuple[float, ...]
    so2: tuple[float, ...]
    no2: tuple[float, ...]
    co: tuple[float, ...]
    o3: tuple[float, ...]
    o3_8h: tuple[float, ...] = Field(description="Shorter: beyond its end nothing is said, and one hour counts alone.")


class AirIndex(IndexTable):
    """VN_AQI by the tables of the Decision."""

    kind: Literal["vn_aqi_hour", "vn_aqi_day"]
    index: tuple[float, ...] = Field(min_length=2, description="I: the index at each breakpoint.")
    scale: AirScale = Field(description="BP: the breakpoints of each pollutant.")
    bands: tuple[float, ...] = Field(description="The greatest index of each band but the last, from good to bad.")

    @model_validator(mode="after")
    def _is_a_scale(self) -> Self:
        for name, points in self.scale:
            if len(points) > len(self.index) or (name != "o3_8h" and len(points) < len(self.index)):
                raise ValueError(f"scale.{name} and index are not of one length")
            if list(points) != sorted(set(points)):
                raise ValueError(f"scale.{name} does not rise")
        return self

    @property
    def reach_ms(self) -> int:
        """NowCast looks back over 12 hours; the day's 8-hour mean of ozone begins 7 hours before it."""
        return NOWCAST_HOURS * HOUR_MS if self.kind == "vn_aqi_hour" else DAY_MS + (OZONE_HOURS - 1) * HOUR_MS

    @property
    def words(self) -> tuple[frozenset[str], frozenset[str]]:
        """No single pollutant is required; without dust there is no result."""
        return frozenset(), frozenset(POLLUTANTS)

    def work_out(self, signals: Signals, at: Times, place: Place) -> Results:
        """The index, its band, which pollutant it is of, and that of each pollutant."""
        signals = {name: since_before(signal) for name, signal in signals.items()}
        parts = self._of_hours(signals, at) if self.kind == "vn_aqi_hour" else self._of_days(signals, at)
        each = {name: rounded(sub_index(parts[name], self.index, self._points(name))) for name in parts}
        ozone = np.fmax(each.pop("o3_8h", np.full(at.shape, np.nan)), each.get("o3", np.full(at.shape, np.nan)))
        if "o3" in each:
            each["o3"] = ozone
        return self._summed_up(each, at)

    def _points(self, name: str) -> tuple[float, ...]:
        points: tuple[float, ...] = getattr(self.scale, name)
        return points

    def _of_hours(self, signals: Signals, at: Times) -> Mapping[str, Figures]:
        found = {name: mean(signals[name], at - HOUR_MS, at) for name in GASES if name in signals}
        for name in DUST:
            if name in signals:
                found[name] = nowcast(hourly_means(signals[name], at, NOWCAST_HOURS))
        return found

    def _of_days(self, signals: Signals, at: Times) -> Mapping[str, Figures]:
        found: dict[str, Figures] = {}
        for name, signal in signals.items():
            if name not in POLLUTANTS:
                continue
            hours = hourly_means(signal, at, 24)
            enough = np.isfinite(hours).sum(axis=1) >= WHOLE * 24
            figure = nan_mean(hours) if name in DUST else nan_max(hours)
            found[name] = np.where(enough, figure, np.nan)
            if name == "o3":
                found["o3_8h"] = np.where(enough, nan_max(eight_hour_means(signal, at)), np.nan)
        return found

    def _summed_up(self, each: Mapping[str, Figures], at: Times) -> Results:
        table = np.full((len(POLLUTANTS), len(at)), np.nan)
        for row, name in enumerate(POLLUTANTS):
            if name in each:
                table[row] = each[name]
        has_dust = np.isfinite(table[: len(DUST)]).any(axis=0)
        table[:, ~has_dust] = np.nan
        filled = np.where(np.isfinite(table), table, -1.0)
        total = np.where(has_dust, filled.max(axis=0, initial=-1.0), np.nan)
        main = np.where(has_dust, filled.argmax(axis=0) + 1.0, np.nan)
        band = np.where(has_dust, np.searchsorted(self.bands, filled.max(axis=0), side="left") + 1.0, np.nan)
        single = {f"aqi_{name}": table[row] for row, name in enumerate(POLLUTANTS)}
        return {"aqi": total, "band": band, "main": main, **single}


def sub_index(concentration: Figures, index: tuple[float, ...], points: tuple[float, ...]) -> Figures:
    """Formula 1 and 2: linear between breakpoints; beyond the last one 500, or unknown where the scale ends earlier."""
    beyond = index[-1] if len(points) == len(index) else np.nan
    return np.interp(concentration, points, index[: len(points)], right=beyond)


def rounded(figure: Figures) -> Figures:
    """To whole numbers, a half upwards."""
    return np.floor(figure + 0.5 + NO_ROUNDING_SLIP)


def nowcast(hours: Figures) -> Figures:
    """The weighted mean of each row of hourly means, newest first; NaN unless two of the newest three are known.

    For w = ½ the Decision writes Σ (½)^i·c_i, which is this within 0.03 % when no hour is missing, and not biased
    when one is.
    """
    known = np.isfinite(hours)
    values = np.where(known, hours, 0.0)
    least = np.where(known, hours, np.inf).min(axis=1)
    most = np.where(known, hours, -np.inf).max(axis=1)
    ratio = np.divide(least, most, out=np.ones_like(least), where=np.isfinite(most) & (most > 0))
    weight = np.maximum(np.where(np.isfinite(ratio), ratio, 1.0), 0.5)[:, None] ** np.arange(hours.shape[1])
    weight = np.where(known, weight, 0.0)
    total = weight.sum(axis=1)
    figure = (weight * values).sum(axis=1) / np.where(total > 0, total, 1.0)
    return np.where(known[:, :3].sum(axis=1) >= 2, figure, np.nan)


def hourly_means(signal: Signal, at: Times, hours: int) -> Figures:
    """A row for each time: the means of the hours that end at it, newest first."""
    ends = at[:, None] - np.arange(hours, dtype=np.int64) * HOUR_MS
    flat = ends.ravel()
    return mean(signal, flat - HOUR_MS, flat).reshape(ends.shape)


def eight_hour_means(signal: Signal, at: Times) -> Figures:
    """A row for each day that ends then: the means of every 8 hours that end in it, newest first."""
    hours = hourly_means(signal, at, 24 + OZONE_HOURS - 1)
    rows = [hours[:, first : first + OZONE_HOURS] for first in range(24)]
    enough = [np.isfinite(row).sum(axis=1) >= WHOLE * OZONE_HOURS for row in rows]
    return np.stack([np.where(ok, nan_mean(row), np.nan) for row, ok in zip(rows, enough, strict=True)], axis=1)


def nan_mean(rows: Figures) -> Figures:
    """The mean of the known figures of each row."""
    known = np.isfinite(rows)
    count = known.sum(axis=1)
    total = np.where(known, rows, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def nan_max(rows: Figures) -> Figures:
    """The greatest of the known figures of each row."""
    most = np.where(np.isfinite(rows), rows, -np.inf).max(axis=1)
    return np.where(np.isfinite(most), most, np.nan)
