"""Where groups stand, and which place lies in which: device, gateway, site, area, everywhere."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Scope = Literal["device", "gateway", "site", "area", "all"]
Place = tuple[str, str]  # gateway and device of an alarm; of a group they are "@site" and the site, and so on

AT_GATEWAY, AT_SITE, AT_AREA = "@gateway", "@site", "@area"  # no gateway can be called so
EVERYWHERE: Place = ("@all", "province")
GROUPED = frozenset({AT_GATEWAY, AT_SITE, AT_AREA, EVERYWHERE[0]})
SCOPED = {"gateway": AT_GATEWAY, "site": AT_SITE, "area": AT_AREA, "all": EVERYWHERE[0]}


@dataclass(frozen=True, slots=True)
class Geography:
    """What is known of places: the areas of each site from the smallest upwards, and the site of each gateway."""

    areas: Mapping[str, Sequence[str]] = field(default_factory=dict)
    sites: Mapping[str, str] = field(default_factory=dict)

    def around(self, place: Place, site: str = "") -> tuple[Place, ...]:
        """A place and all that it lies in, the narrow ones first; `site` where its gateway does not tell.

        ```
          (gw-1, cam-3) ─ (@gateway, gw-1) ─ (@site, yen-bai) ─ (@area, van-phu) ─ (@area, lao-cai) ─ (@all, province)
        ```
        """
        gateway, device = place
        if gateway == EVERYWHERE[0]:
            return (EVERYWHERE,)
        if gateway == AT_AREA:
            return (*self._upwards(device), EVERYWHERE)
        if gateway == AT_SITE:
            return self._from_site(device)
        home = device if gateway == AT_GATEWAY else gateway
        gateways = ((AT_GATEWAY, home), *self._from_site(site or self.sites.get(home, "")))
        return gateways if AT_GATEWAY in place else (place, *gateways)

    def is_near(self, place: Place, site: str, around: Sequence[Place]) -> bool:
        """True for a place in the first of these places, and for one of the others as such, which that lies in."""
        mine = self.around(place, site)
        return bool(around) and (around[0] in mine or mine[0] in around[1:])

    def site_of(self, place: Place) -> str:
        """The site that a place is, or is at; empty when it has none, or nobody has listed its gateway."""
        gateway, device = place
        return device if gateway == AT_SITE else self.sites.get(device if gateway == AT_GATEWAY else gateway, "")

    def _from_site(self, site: str) -> tuple[Place, ...]:
        if not site:
            return (EVERYWHERE,)
        return ((AT_SITE, site), *((AT_AREA, area) for area in self.areas.get(site, ())), EVERYWHERE)

    def _upwards(self, area: str) -> tuple[Place, ...]:
        chains = (list(areas) for areas in self.areas.values() if area in areas)
        chain = next(chains, [area])
        return tuple((AT_AREA, each) for each in chain[chain.index(area) :])


def scoped(around: Sequence[Place], by: Scope, listed: Collection[str] = ()) -> tuple[Place, ...]:
    """The places of this width among those around one; `listed` areas stand for the smallest, and may be several."""
    if by == "device":
        return tuple(place for place in around[:1] if not place[0].startswith("@"))
    found = [place for place in around if place[0] == SCOPED[by]]
    if by == "area" and listed:
        return tuple(place for place in found if place[1] in listed)
    return tuple(found[:1])
