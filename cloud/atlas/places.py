"""Where sites stand and how they are: the worst alarm, the link, the age of data, how far away; pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt

from cloud.api.views import GatewayView, SiteView
from cloud.api.which import SiteFacts
from cloud.store.base import OpenAlarms
from device_profiles.schema import Text

EARTH_M = 6_371_009.0  # mean radius
NOTHING = SiteFacts(0, frozenset(), None)
SiteAlarms = Mapping[str, Counter[int]]  # site -> severity -> open alarms


@dataclass(frozen=True, slots=True)
class SiteState:
    """A site with the worst that is known of it; severity None = no open alarm."""

    site: SiteView
    severity: int | None
    alarms: int
    link: str  # ok, lost, stopped, none

    @property
    def mark(self) -> str:
        """The name of its shape on the map."""
        return f"severity_{self.severity}" if self.severity is not None else f"site_{self.link}"


@dataclass(frozen=True, slots=True)
class SitePlace:
    """A site on the map. `read_at`: newest data, null = none yet; `distance_m`: from where one looks around."""

    id: str
    name: Text
    area: str
    lat: float
    lon: float
    mark: str
    severity: int | None
    alarms: int
    read_at: int | None
    devices: int
    sectors: tuple[str, ...]
    distance_m: int | None = None

    @property
    def rank(self) -> tuple[int, int, str]:
        """The worst first; among those without alarms the ones that say nothing first."""
        return self.severity or 9, self.mark == "site_ok", self.id


@dataclass(frozen=True, slots=True)
class AreaPlace:
    """A commune: the middle of its sites, and the worst of them."""

    id: str
    name: Text
    lat: float
    lon: float
    severity: int | None
    alarms: int
    sites: int


def site_states(
    sites: Sequence[SiteView], gateways: Sequence[GatewayView], opened: Sequence[OpenAlarms]
) -> list[SiteState]:
    """Every site with its worst open alarm, and else with its link."""
    alarms: dict[str, Counter[int]] = defaultdict(Counter)
    for each in opened:
        alarms[each.site][each.severity] += each.alarms
    return states_of(sites, gateways, alarms)


def states_of(sites: Sequence[SiteView], gateways: Sequence[GatewayView], alarms: SiteAlarms) -> list[SiteState]:
    """The same from counted alarms."""
    links: dict[str, set[str]] = defaultdict(set)
    for gateway in gateways:
        links[gateway.site].add(gateway.state)
    return [_site_state(site, links[site.id], alarms.get(site.id) or Counter()) for site in sites]


def site_places(
    states: Iterable[SiteState], facts: Mapping[str, SiteFacts], sectors: Mapping[str, Sequence[str]]
) -> list[SitePlace]:
    """Every site with what stands there. `sectors`: those of a device model."""
    return [_place(each, facts.get(each.site.id, NOTHING), sectors) for each in states]


def area_places(places: Iterable[SitePlace], names: Mapping[str, Text]) -> list[AreaPlace]:
    """The communes that have sites."""
    groups: dict[str, list[SitePlace]] = defaultdict(list)
    for place in places:
        groups[place.area].append(place)
    return [
        AreaPlace(
            area,
            names.get(area) or Text(vi=area, en=area),
            round(sum(each.lat for each in group) / len(group), 5),
            round(sum(each.lon for each in group) / len(group), 5),
            min((each.severity for each in group if each.severity is not None), default=None),
            sum(each.alarms for each in group),
            len(group),
        )
        for area, group in sorted(groups.items())
    ]


def distance_m(one: tuple[float, float], other: tuple[float, float]) -> int:
    """How far two positions (latitude, longitude) are apart, by the haversine formula."""
    (lat, lon), (lat_2, lon_2) = ((radians(each) for each in pair) for pair in (one, other))
    half = sin((lat_2 - lat) / 2) ** 2 + cos(lat) * cos(lat_2) * sin((lon_2 - lon) / 2) ** 2
    return round(2 * EARTH_M * asin(min(1.0, sqrt(half))))


def _place(state: SiteState, facts: SiteFacts, sectors: Mapping[str, Sequence[str]]) -> SitePlace:
    """Severity first; a site without data is grey whatever its link says."""
    site = state.site
    known = tuple(sorted({sector for model in facts.models for sector in sectors.get(model, ())}))
    mark = "site_none" if facts.newest_at is None and state.severity is None else state.mark
    return SitePlace(
        site.id, site.name, site.area, site.lat, site.lon, mark, state.severity, state.alarms, facts.newest_at,
        facts.devices, known,
    )  # fmt: skip


def _site_state(site: SiteView, states: Container[str], alarms: Counter[int]) -> SiteState:
    worst = min((severity for severity, number in alarms.items() if number), default=None)
    link = next((state for state in ("lost", "stopped") if state in states), "ok" if "online" in states else "none")
    return SiteState(site, worst, alarms.total(), link)
