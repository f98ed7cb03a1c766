"""The climate of the province and the batteries of its sites, read from `climate.toml`."""

from __future__ import annotations

from functools import cache

from pydantic import Field

from device_profiles.load import read_toml
from device_profiles.schema import Strict
from simulators.province.places import HERE


class Climate(Strict):
    """The file climate.toml; twelve figures are those of the months."""

    source: str = Field(min_length=1, description="Where the facts come from.")
    confirmed: bool = Field(False, description="True when somebody has checked them.")
    mean_c: tuple[float, ...] = Field(min_length=12, max_length=12, description="Mean temperature.")
    swing_c: tuple[float, ...] = Field(min_length=12, max_length=12, description="Half of the way from night to day.")
    base_pm25: tuple[float, ...] = Field(min_length=12, max_length=12, description="Fine dust without local sources.")
    colder_c_per_km: float = Field(description="How much colder it is a kilometre higher.")
    reference_height_m: float = Field(description="Height that the temperatures speak of.")
    battery_h: dict[str, float] = Field(description="Beginning of a site's name -> hours on battery.")


@cache
def climate() -> Climate:
    """The climate of the province."""
    return read_toml(HERE / "climate.toml", Climate)
