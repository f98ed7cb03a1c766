"""The pages of the catalogue: which device models there are, and what each says."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi import Path as InPath
from fastapi.responses import HTMLResponse

from cloud.api.guard import CentreDep
from cloud.api.pages import Cursor
from cloud.api.profiles import list_profiles, one_profile
from cloud.api.which import Which
from cloud.web.pages import site_names
from cloud.web.render import page
from device_profiles.schema import Key, Point, Sector
from device_profiles.sectors import NAMES

router = APIRouter(include_in_schema=False)
PER_PAGE = 100
MOST_DEVICES = 50
Choice = Annotated[str, Query(max_length=32, pattern="^[a-z_]*$")]


@router.get("/profiles")
async def profiles_page(
    request: Request,
    centre: CentreDep,
    q: Annotated[str, Query(max_length=100)] = "",
    sector: Choice = "",
    protocol: Choice = "",
    cursor: Cursor = None,
) -> HTMLResponse:
    """Every device model; words are found with and without diacritics."""
    chosen = Sector(sector) if sector in set(Sector) else None
    return page(
        request,
        "profiles.html",
        found=await list_profiles(centre, q=q, sector=chosen, protocol=protocol, cursor=cursor, limit=PER_PAGE),
        q=q,
        sector=sector,
        sectors={each.value: name for each, name in NAMES.items()},
        protocol=protocol,
        protocols=sorted({each.protocol for each in centre.profiles.values()}),
        cursor=cursor,
        total=len(centre.profiles),
    )


@router.get("/profiles/{profile}")
async def profile_page(request: Request, profile: Annotated[Key, InPath()], centre: CentreDep) -> HTMLResponse:
    """One device model: its points, the rules that judge it, the devices that report it."""
    detail = await one_profile(profile, centre)
    measurement = detail.profile.reports_as or profile
    users = centre.devices(Which(profiles=[measurement]))
    return page(
        request,
        "profile.html",
        model=detail,
        address=address_of,
        users=users[:MOST_DEVICES],
        more=len(users) - len(users[:MOST_DEVICES]),
        site_names=site_names(centre),
    )


def address_of(point: Point) -> list[tuple[str, str]]:
    """Where a point lies, in the words of its protocol; what is usual is left out."""
    told = point.source.model_dump(mode="json", exclude_defaults=True, exclude={"protocol"})
    return [(key, _written(value)) for key, value in told.items()]


def _written(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_written(inner)}" for key, inner in value.items())
    if isinstance(value, list):
        return ", ".join(_written(inner) for inner in value)
    return f"{value:g}" if isinstance(value, float) else str(value)
