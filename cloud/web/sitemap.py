"""The map of sites: a drawing of our own, without tiles and without another host."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import cos, radians
from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from cloud.api.guard import CentreDep
from cloud.api.views import DeviceView, SiteView
from cloud.web.fleet import SiteState, site_states
from cloud.web.render import page, taste_of
from cloud.web.words import Language, said

router = APIRouter(include_in_schema=False)
WIDTH, HEIGHT, MARGIN = 1000.0, 640.0, 70.0
LEAST_SPAN = 0.05  # degrees: a single site is no reason to divide by nothing


Side = Literal["right", "left", "above", "below"]
Box = tuple[float, float, float, float]
SIDES: tuple[Side, ...] = ("right", "left", "above", "below")
LETTER, LINE, HALO = 11.0, 26.0, 24.0  # of a label at its usual size


@dataclass(frozen=True, slots=True)
class Placed:
    """A site in the drawing. `read_at`: newest data of it, None = none yet;"""

    state: SiteState
    x: float
    y: float
    read_at: int | None
    side: Side = "right"

    @property
    def mark(self) -> str:
        """Severity first; a site without data is grey whatever its link says."""
        return "site_none" if self.read_at is None and self.state.severity is None else self.state.mark


@router.get("/map")
async def map_page(request: Request, centre: CentreDep) -> HTMLResponse:
    """Every site with its worst open alarm and the age of its newest data."""
    opened = await asyncio.to_thread(centre.state.open_alarms)
    sites = centre.sites()
    states = site_states(sites, centre.gateways(), opened)
    language = taste_of(request).language
    return page(
        request,
        "map.html",
        placed=placed(states, newest_by_site(centre.devices()), language),
        areas=area_places(sites),
        area_names=centre.area_names(),
        width=WIDTH,
        height=HEIGHT,
        site_of={gateway: site.id for site in sites for gateway in site.gateways},
    )


def placed(states: Sequence[SiteState], newest: Mapping[str, int], language: Language) -> list[Placed]:
    """Every site at its place, the worst last so that nothing hides it."""
    project = _Projection([state.site for state in states])
    found = [Placed(each, *project(each.site.lat, each.site.lon), newest.get(each.site.id)) for each in states]
    return labelled(sorted(found, key=lambda each: (-(each.state.severity or 9), each.state.site.id)), language)


def labelled(sites: Sequence[Placed], language: Language) -> list[Placed]:
    """Names beside their marks so that none covers another, the worst choosing first."""
    taken: list[Box] = [(each.x - HALO, each.y - HALO, each.x + HALO, each.y + HALO) for each in sites]
    chosen: dict[str, Side] = {}
    for each in reversed(sites):
        boxes = {side: _label_box(each, side, said(each.state.site.name, language)) for side in SIDES}
        cost = {
            side: sum(_meet(boxes[side], box) for box in taken) + 3 * (not _is_inside(boxes[side])) for side in SIDES
        }
        side = min(SIDES, key=cost.__getitem__)
        chosen[each.state.site.id] = side
        taken.append(boxes[side])
    return [replace(each, side=chosen[each.state.site.id]) for each in sites]


def _label_box(site: Placed, side: Side, name: str) -> Box:
    wide = LETTER * len(name)
    left = {"right": site.x + HALO, "left": site.x - HALO - wide}.get(side, site.x - wide / 2)
    top = {"above": site.y - HALO - LINE, "below": site.y + HALO}.get(side, site.y - LINE / 2)
    return left, top, left + wide, top + LINE


def _cost(box: Box, taken: Sequence[Box]) -> int:
    """How many others a name would cover; one that leaves the drawing is worse than covering three."""
    return sum(_meet(box, other) for other in taken) + (0 if _is_inside(box) else 4)


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _is_inside(box: Box) -> bool:
    return box[0] >= 0 and box[1] >= 0 and box[2] <= WIDTH and box[3] <= HEIGHT


def newest_by_site(devices: Sequence[DeviceView]) -> dict[str, int]:
    """When something of a site was last measured."""
    newest: dict[str, int] = {}
    for device in devices:
        for point in device.points:
            if point.observed_at is not None:
                newest[device.site] = max(newest.get(device.site, 0), point.observed_at)
    return newest


def area_places(sites: Sequence[SiteView]) -> dict[str, tuple[float, float]]:
    """The middle of each area's sites, where its name stands."""
    project = _Projection(sites)
    groups: dict[str, list[SiteView]] = {}
    for site in sites:
        groups.setdefault(site.area, []).append(site)
    return {
        area: project(sum(each.lat for each in group) / len(group), sum(each.lon for each in group) / len(group))
        for area, group in groups.items()
    }


class _Projection:
    """Equirectangular around the middle of what is shown: true enough for a province."""

    def __init__(self, sites: Sequence[SiteView]) -> None:
        lats = [site.lat for site in sites] or [0.0]
        lons = [site.lon for site in sites] or [0.0]
        self._north, self._west = max(lats), min(lons)
        self._squeeze = cos(radians((max(lats) + min(lats)) / 2))
        tall = max(max(lats) - min(lats), LEAST_SPAN)
        wide = max((max(lons) - min(lons)) * self._squeeze, LEAST_SPAN)
        self._scale = min((WIDTH - 2 * MARGIN) / wide, (HEIGHT - 2 * MARGIN) / tall)
        self._left = (WIDTH - wide * self._scale) / 2
        self._top = (HEIGHT - tall * self._scale) / 2

    def __call__(self, lat: float, lon: float) -> tuple[float, float]:
        x = self._left + (lon - self._west) * self._squeeze * self._scale
        return round(x, 1), round(self._top + (self._north - lat) * self._scale, 1)
