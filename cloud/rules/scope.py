"""Where a group stands: at a device, a gateway, a site, an area, or everywhere."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

Scope = Literal["device", "gateway", "site", "area", "all"]
Place = tuple[str, str]  # gateway and device of an alarm; of a group they are "@site" and the site, and so on

AT_GATEWAY, AT_SITE, AT_AREA = "@gateway", "@site", "@area"  # no gateway can be called so
EVERYWHERE: Place = ("@all", "province")
GROUPED = frozenset({AT_GATEWAY, AT_SITE, AT_AREA, EVERYWHERE[0]})


@dataclass(frozen=True, slots=True)
class Home:
    """Where a device is: `areas` are its site's, from the smallest upwards."""

    gateway: str
    device: str
    site: str
    areas: Sequence[str] = ()


def places_of(home: Home, by: Scope, listed: Collection[str] = ()) -> tuple[Place, ...]:
    """The groups that a device belongs to; `listed` areas stand for its site's own, and there may be several."""
    if by == "device":
        return ((home.gateway, home.device),)
    if by == "gateway":
        return ((AT_GATEWAY, home.gateway),)
    if by == "site":
        return ((AT_SITE, home.site),) if home.site else ()
    if by == "area":
        areas = [area for area in home.areas if area in listed] if listed else home.areas[:1]
        return tuple((AT_AREA, area) for area in areas)
    return (EVERYWHERE,)
