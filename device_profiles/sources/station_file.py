"""Which lines of a station's files hold a point."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from device_profiles.basics import Strict


class StationFileSource(Strict):
    """Which parameter of the station it is, and in which unit the station must say it."""

    protocol: Literal["station_file"] = "station_file"
    symbol: str = Field(min_length=1, max_length=32, description="Name of the parameter, first column: pH, TSS, PM2,5.")
    unit: tuple[str, ...] = Field((), max_length=8, description="Spellings of the unit that are right; none: any is.")
    scale: float = Field(1.0, description="Engineering value = raw x scale + offset.")
    offset: float = Field(0.0, description="Engineering value = raw x scale + offset.")
