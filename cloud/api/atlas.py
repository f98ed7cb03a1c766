"""The map: sites with their state, chosen by sector, severity, commune and distance; and the land beneath them."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from cloud.api.audit import write_audit
from cloud.api.deps import Centre
from cloud.api.guard import CentreDep, IdentityDep
from cloud.api.problems import ProblemError
from cloud.api.sectors import plan_of, plans_of
from cloud.atlas.atlas import MAX_BYTES, Land
from cloud.atlas.land import LandError
from cloud.atlas.places import AreaPlace, SitePlace, area_places, distance_m, site_places, site_states, states_of
from device_profiles.schema import Key

router = APIRouter(prefix="/api/v1/map", tags=["map"])
GEOJSON = "application/geo+json"
BODY = {
    "requestBody": {
        "required": True,
        "description": f"A FeatureCollection (RFC 7946) in WGS 84, at most {MAX_BYTES} bytes.",
        "content": {GEOJSON: {"schema": {"type": "object"}}},
    }
}
Near = Annotated[str, Query(max_length=40, description="Latitude and longitude: 21.72,104.9", examples=["21.72,104.9"])]


@dataclass(frozen=True, slots=True)
class Looking:
    """What of the map is asked for. `around`: latitude and longitude of the middle of a circle of `km`."""

    sectors: tuple[str, ...] = ()
    severity: int | None = None
    area: str = ""
    around: tuple[float, float] | None = None
    km: float = 5.0


@dataclass(frozen=True, slots=True)
class MapView:
    """The sites that were asked for, the worst first (with `near` the nearest first), and the communes they lie in."""

    sites: list[SitePlace]
    areas: list[AreaPlace]


@dataclass(frozen=True, slots=True)
class LandView:
    """The land that lies under the map: whose it is, and its digest; `by` is empty while it is our own drawing."""

    digest: str
    features: int
    by: str
    at: int | None


@router.get("", summary="Sites on the map")
async def map_of_sites(
    centre: CentreDep,
    sector: Annotated[list[Key] | None, Query(max_length=40, description="Only sites with devices of these.")] = None,
    severity: Annotated[
        int | None, Query(ge=1, le=4, description="Only with an open alarm this grave or graver.")
    ] = None,
    area: Annotated[str, Query(max_length=64, description="Only sites of this commune.")] = "",
    near: Near = "",
    km: Annotated[float, Query(gt=0, le=200, description="How far around `near`.")] = 5.0,
) -> MapView:
    """With sectors chosen, only alarms of these count."""
    return await look(centre, Looking(tuple(sector or ()), severity, area, position(near), km))


@router.get("/land", summary="The land under the map, as GeoJSON", response_class=Response)
async def get_land(request: Request, centre: CentreDep) -> Response:
    """Rivers, lakes, communes and towns; `ETag` is its digest."""
    land = await asyncio.to_thread(centre.settings.atlas.land)
    tag = f'"{land.digest}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(land.content, media_type=GEOJSON, headers=headers)


@router.put("/land", summary="Upload the province's own map", openapi_extra=BODY)
async def put_land(request: Request, centre: CentreDep, identity: IdentityDep) -> LandView:
    """It takes the place of the drawing after it was checked; 422 says every fault."""
    async with request.app.state.uploads:
        content = await _content(request)
        now = centre.clock.now_ms()
        try:
            land = await asyncio.to_thread(centre.settings.atlas.keep, content, by=identity.name, at=now)
        except LandError as error:
            raise ProblemError(422, "land", str(error)) from error
    await write_audit(centre, actor=identity.name, action="map_upload", target=land.digest, detail=str(land.features))
    return view_of(land)


@router.delete("/land", summary="Go back to the drawing that comes with the centre")
async def delete_land(centre: CentreDep, identity: IdentityDep) -> LandView:
    """The uploaded map is gone."""
    before = await asyncio.to_thread(centre.settings.atlas.land)
    land = await asyncio.to_thread(centre.settings.atlas.forget)
    await write_audit(centre, actor=identity.name, action="map_remove", target=before.digest)
    return view_of(land)


async def look(centre: Centre, wanted: Looking) -> MapView:
    """The sites that are asked for."""
    for each in wanted.sectors:
        plan_of(centre, each)
    sites, gateways = centre.sites(), centre.gateways()
    if wanted.sectors:
        states = states_of(sites, gateways, await _alarms_of(centre, wanted.sectors))
    else:
        states = site_states(sites, gateways, await asyncio.to_thread(centre.state.open_alarms))
    places = site_places(states, centre.site_facts(), _sectors_of_models(centre))
    found = [each for each in (_measured(place, wanted) for place in places) if _is_wanted(each, wanted)]
    found.sort(key=lambda each: (each.distance_m or 0, *each.rank) if wanted.around else each.rank)
    return MapView(found, area_places(found, centre.area_names()))


def position(text: str) -> tuple[float, float] | None:
    """Latitude and longitude of "21.72,104.9", also with a blank or a semicolon; None = not asked; 422 when wrong."""
    if not text.strip():
        return None
    parts = text.replace(";", " ").replace(",", " ").split()
    try:
        lat, lon = map(float, parts)
    except ValueError as error:
        raise ProblemError(422, "position", "A position is a latitude and a longitude: 21.72,104.9") from error
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise ProblemError(422, "position", "A latitude is at most 90, a longitude at most 180.")
    return lat, lon


def view_of(land: Land) -> LandView:
    """The land without its shapes."""
    return LandView(land.digest, land.features, land.by, land.at)


def _measured(place: SitePlace, wanted: Looking) -> SitePlace:
    if wanted.around is None:
        return place
    return replace(place, distance_m=distance_m(wanted.around, (place.lat, place.lon)))


def _is_wanted(place: SitePlace, wanted: Looking) -> bool:
    return (
        (not wanted.sectors or not set(wanted.sectors).isdisjoint(place.sectors))
        and (wanted.severity is None or (place.severity or 9) <= wanted.severity)
        and wanted.area in ("", place.area)
        and (place.distance_m is None or place.distance_m <= wanted.km * 1000)
    )


async def _alarms_of(centre: Centre, sectors: Sequence[str]) -> Mapping[str, Counter[int]]:
    fleet = await centre.sector_fleet()
    alarms: dict[str, Counter[int]] = defaultdict(Counter)
    seen: set[str] = set()
    for sector in sectors:
        for each in fleet.alarms(plan_of(centre, sector)):
            if each.id not in seen:
                alarms[each.site][each.severity] += 1
            seen.add(each.id)
    return alarms


def _sectors_of_models(centre: Centre) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for plan in plans_of(centre):
        for name in plan.profiles:
            found[name].append(plan.id)
    return found


async def _content(request: Request) -> bytes:
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > MAX_BYTES:
            raise ProblemError(413, "too_large", f"A map has at most {MAX_BYTES} bytes.")
    return bytes(content)
