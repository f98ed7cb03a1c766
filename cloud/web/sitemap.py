"""The map of sites: layers by sector, severity, commune and distance, over the land that the centre keeps."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from cloud.access.roles import Role
from cloud.api.atlas import Looking, Near, look, position, view_of
from cloud.api.guard import CentreDep, IdentityDep
from cloud.api.sectors import plans_of
from cloud.api.tiles import tiles_view
from cloud.web.render import page
from device_profiles.schema import Key

router = APIRouter(include_in_schema=False)
MOST_ROWS = 50
DISTANCES_KM = (1, 2, 5, 10, 20, 50, 100)


@router.get("/map")
async def map_page(
    request: Request,
    centre: CentreDep,
    identity: IdentityDep,
    sector: Annotated[list[Key] | None, Query(max_length=40)] = None,
    severity: Annotated[str, Query(pattern="^[1-4]?$")] = "",
    area: Annotated[str, Query(max_length=64)] = "",
    near: Near = "",
    km: Annotated[float, Query(gt=0, le=200)] = 5.0,
) -> HTMLResponse:
    """Sites with their worst open alarm and the age of their newest data; the map asks the API for the same."""
    chosen = Looking(tuple(sector or ()), int(severity) if severity else None, area, position(near), km)
    found = await look(centre, chosen)
    names = centre.area_names()
    sites = centre.sites()
    return page(
        request,
        "map.html",
        found=found,
        shown=found.sites[:MOST_ROWS],
        chosen=chosen,
        near=near,
        sectors=plans_of(centre),
        areas={each: names[each] for each in sorted({site.area for site in sites}) if each in names},
        area_names=names,
        distances=DISTANCES_KM,
        land=view_of(await asyncio.to_thread(centre.settings.atlas.land)),
        tiles=tiles_view(await asyncio.to_thread(centre.settings.atlas.tiles.tiles)),
        may_upload=identity.role.includes(Role.ADMIN),
        site_of={gateway: site.id for site in sites for gateway in site.gateways},
    )
