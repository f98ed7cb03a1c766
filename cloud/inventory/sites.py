"""Where things stand: areas, sites and the gateways in them, as plain values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from pydantic import Field

from device_profiles.schema import Identifier, Strict, Text


class Area(Strict):
    """One node of the tree of areas; it has no fixed number of levels, and areas come and go by law.

    Vietnam abolished its districts on 1 July 2025, and old Yên Bái is now part of tỉnh Lào Cai.
    """

    id: Identifier = Field(description="Identifier, for instance the code of the General Statistics Office.")
    name: Text = Field(description="Name on the screens.")
    parent: Identifier | None = Field(None, description="The area that it lies in; left out at the top.")
    valid_from: date | None = Field(None, description="First day on which it exists; left out = always.")
    valid_to: date | None = Field(None, description="Last day on which it exists; left out = still.")

    def exists_on(self, day: date) -> bool:
        """Whether the area exists on this day."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


class AreaFile(Strict):
    """The file areas.toml."""

    areas: tuple[Area, ...] = Field((), description="Every area, in any order.")


class GatewayEntry(Strict):
    """A gateway that belongs to a site; what is not listed is not believed."""

    id: Identifier = Field(description="Identifier; the one in its topics and its certificate.")
    name: Text = Field(description="Name on the screens.")


class Site(Strict):
    """A place with gateways: one file each."""

    id: Identifier = Field(description="Identifier; a tag of every series.")
    name: Text = Field(description="Name on the screens.")
    area: Identifier = Field(description="Area that it lies in.")
    lat: float = Field(ge=-90, le=90, description="Latitude, WGS 84.")
    lon: float = Field(ge=-180, le=180, description="Longitude, WGS 84.")
    attributes: dict[str, float | str] = Field(
        default_factory=dict, description="Facts of the place that rules may name, such as flood levels."
    )
    labels: tuple[Identifier, ...] = Field((), description="Words that rules may choose sites by.")
    gateways: tuple[GatewayEntry, ...] = Field((), description="The gateways of the site.")


class Directory(Protocol):
    """What intake and pages ask: the inventory of the files, or the live one."""

    @property
    def sites(self) -> Mapping[str, Site]:
        """Every site with its gateways."""

    @property
    def areas(self) -> Mapping[str, Area]:
        """Every area."""

    @property
    def gateways(self) -> Mapping[str, Site]:
        """The site of every gateway."""

    def site_of(self, gateway: str) -> Site | None:
        """The site of a gateway; None for a gateway that nobody has listed."""

    def gateway(self, identifier: str) -> GatewayEntry | None:
        """The entry of a gateway."""

    def path_of(self, area: str) -> Iterator[Area]:
        """The area, the one that it lies in, and so on to the top."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """Every area and site, and which site a gateway belongs to."""

    sites: Mapping[str, Site] = field(default_factory=dict)
    areas: Mapping[str, Area] = field(default_factory=dict)
    gateways: Mapping[str, Site] = field(default_factory=dict)
    _entries: Mapping[str, GatewayEntry] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        entries = {each.id: each for site in self.sites.values() for each in site.gateways}
        object.__setattr__(self, "_entries", entries)  # asked with every birth and health: a search would cost a storm

    def site_of(self, gateway: str) -> Site | None:
        """The site of a gateway; None for a gateway that nobody has listed."""
        return self.gateways.get(gateway)

    def gateway(self, identifier: str) -> GatewayEntry | None:
        """The entry of a gateway."""
        return self._entries.get(identifier)

    def path_of(self, area: str) -> Iterator[Area]:
        """The area, the one that it lies in, and so on to the top."""
        seen: set[str] = set()
        here = self.areas.get(area)
        while here is not None and here.id not in seen:
            seen.add(here.id)
            yield here
            here = self.areas.get(here.parent) if here.parent else None

    def sites_in(self, area: str) -> Iterator[Site]:
        """Every site of the area and of the areas in it."""
        return (site for site in self.sites.values() if any(each.id == area for each in self.path_of(site.area)))
