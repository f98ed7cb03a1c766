"""Every device of the pilot fleet on its place, as `fleet.toml` counts them; always the same ones."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from pydantic import Field

from device_profiles.load import read_toml
from device_profiles.schema import Identifier, Key, Strict, Text
from simulators.province.places import HERE, KM_PER_DEGREE, Commune, all_communes, communes

SPREAD_KM = 2.0  # sites of a commune lie around its seat, on a sunflower's spiral
GOLDEN_ANGLE = math.pi * (3 - math.sqrt(5))


class Group(Strict):
    """Devices of one model at many sites."""

    profile: Key = Field(description="Device profile.")
    device_prefix: Identifier = Field(description="Devices are called this, the commune and a number.")
    site_prefix: Identifier = Field(description="Sites likewise; groups with the same one share sites and gateways.")
    name: Text = Field(description="What such a site is called; the commune's name follows.")
    devices: int = Field(ge=1, description="How many devices, spread evenly over the sites.")
    sites: dict[Identifier, int] = Field(default_factory=dict, description="Sites in each commune; none = one in each.")
    source: str = Field(min_length=1, description="Who says that there are so many.")
    confirmed: bool = Field(False, description="True when the province has confirmed it.")


class Station(Strict):
    """One device that there is once, such as a gauge on its own datum."""

    device: Identifier = Field(description="Identifier of the device.")
    profile: Key = Field(description="Device profile.")
    site: Identifier = Field(description="Site; the one that rules name.")
    gateway: Identifier = Field(description="Its gateway.")
    area: Identifier = Field(description="Commune that it lies in.")
    name: Text = Field(description="Name of the site.")
    lat: float = Field(description="Latitude, WGS 84.")
    lon: float = Field(description="Longitude, WGS 84.")
    facts: dict[str, str] = Field(default_factory=dict, description="What the physics must know, such as the gauge.")


class FleetFile(Strict):
    """The file fleet.toml."""

    groups: tuple[Group, ...] = Field(description="Devices of one model at many sites.")
    stations: tuple[Station, ...] = Field((), description="Devices that there are once.")


@dataclass(frozen=True, slots=True)
class PlacedDevice:
    """One device where it stands; `number` tells it from its like, for physics that differ from place to place."""

    id: str
    profile: str
    gateway: str
    site: str
    site_name: Text
    area: str
    lat: float
    lon: float
    height_m: float
    number: int
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def position(self) -> tuple[float, float]:
        """Latitude and longitude."""
        return self.lat, self.lon


@cache
def fleet() -> Sequence[PlacedDevice]:
    """The whole pilot fleet; device identifiers are unique in the province, not only behind their gateway."""
    file = read_toml(HERE / "fleet.toml", FleetFile)
    placed = [*(_station(each) for each in file.stations), *(one for group in file.groups for one in _spread(group))]
    return tuple(placed)


@cache
def by_id() -> Mapping[str, PlacedDevice]:
    """The fleet by device identifier."""
    return {device.id: device for device in fleet()}


@cache
def gateways() -> Mapping[str, Sequence[PlacedDevice]]:
    """The devices behind each gateway."""
    found: dict[str, list[PlacedDevice]] = {}
    for device in fleet():
        found.setdefault(device.gateway, []).append(device)
    return found


def _station(station: Station) -> PlacedDevice:
    return PlacedDevice(
        id=station.device,
        profile=station.profile,
        gateway=station.gateway,
        site=station.site,
        site_name=station.name,
        area=station.area,
        lat=station.lat,
        lon=station.lon,
        height_m=all_communes()[station.area].height_m,
        number=0,
        facts=station.facts,
    )


def _spread(group: Group) -> Iterator[PlacedDevice]:
    wanted = group.sites or dict.fromkeys(communes(), 1)
    sites = [(communes()[area], number) for area, count in wanted.items() for number in range(1, count + 1)]
    for turn in range(group.devices):
        commune, number = sites[turn % len(sites)]
        lat, lon = _around(commune, number, group.site_prefix)
        site = f"{group.site_prefix}-{commune.id}-{number}"
        yield PlacedDevice(
            id=f"{group.device_prefix}-{commune.id}-{number}-{turn // len(sites) + 1}",
            profile=group.profile,
            gateway=f"gw-{site}",
            site=site,
            site_name=_named(group.name, commune, number),
            area=commune.id,
            lat=lat,
            lon=lon,
            height_m=commune.height_m,
            number=turn,
        )


def _named(name: Text, commune: Commune, number: int) -> Text:
    return Text(vi=f"{name.vi} {number}, {commune.name.vi}", en=f"{name.en} {number}, {commune.name.en}")


def _around(commune: Commune, number: int, prefix: str) -> tuple[float, float]:
    """A place within some kilometres of the seat, another one for each kind of site."""
    turn = number + sum(prefix.encode()) % 40
    away_km = SPREAD_KM * math.sqrt(turn / 50)
    angle = turn * GOLDEN_ANGLE
    lat = commune.lat + away_km * math.cos(angle) / KM_PER_DEGREE
    lon = commune.lon + away_km * math.sin(angle) / KM_PER_DEGREE
    return round(lat, 4), round(lon, 4)
