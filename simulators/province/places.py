"""The communes of the province and how far apart they are; read from `communes.toml`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pydantic import Field

from device_profiles.load import read_toml
from device_profiles.schema import Identifier, Strict, Text

KM_PER_DEGREE = 111.2
HERE = Path(__file__).parent


class Commune(Strict):
    """One commune or ward, by its seat."""

    id: Identifier = Field(description="Identifier of its area.")
    name: Text = Field(description="Name on the screens.")
    former: str = Field(min_length=1, description="District until 30 June 2025.")
    lat: float = Field(ge=-90, le=90, description="Latitude of its seat, WGS 84.")
    lon: float = Field(ge=-180, le=180, description="Longitude of its seat, WGS 84.")
    height_m: float = Field(description="Height of its seat.")
    parent: Identifier = Field("lao-cai", description="Area that it lies in.")


class CommuneFile(Strict):
    """The file communes.toml."""

    source: str = Field(min_length=1, description="Where the facts come from.")
    confirmed: bool = Field(False, description="True when somebody has measured them.")
    communes: tuple[Commune, ...] = Field(description="Communes of the former province of Yên Bái.")
    outside: tuple[Commune, ...] = Field((), description="Places that its rivers come from and go to.")


@cache
def communes() -> Mapping[str, Commune]:
    """The communes of the former province, by identifier."""
    return {each.id: each for each in _file().communes}


@cache
def all_communes() -> Mapping[str, Commune]:
    """The same, with the places upstream and downstream."""
    return {**communes(), **{each.id: each for each in _file().outside}}


def km_between(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Kilometres between two positions, flat enough for a province."""
    north = (one[0] - other[0]) * KM_PER_DEGREE
    east = (one[1] - other[1]) * KM_PER_DEGREE * math.cos(math.radians((one[0] + other[0]) / 2))
    return math.hypot(north, east)


@cache
def _file() -> CommuneFile:
    return read_toml(HERE / "communes.toml", CommuneFile)
