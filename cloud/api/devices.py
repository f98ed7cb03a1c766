"""The devices with their newest values, and how many readings of each point are stored."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from operator import attrgetter
from typing import Annotated

from fastapi import APIRouter, Query

from cloud.api.deps import Centre, UnknownThingError
from cloud.api.guard import CentreDep
from cloud.api.pages import Cursor, Limit, Page, page_of
from cloud.api.views import DeviceView
from cloud.api.which import Which

router = APIRouter(prefix="/api/v1", tags=["inventory"])
Wanted = Annotated[str | None, Query(max_length=64)]


@dataclass(frozen=True, slots=True)
class PointCount:
    """How many usable readings of a point are stored."""

    gateway: str
    device: str
    point: str
    stored: int


@router.get("/devices", summary="Devices with their newest values")
async def list_devices(
    centre: CentreDep,
    gateway: Wanted = None,
    site: Wanted = None,
    profile: Wanted = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[DeviceView]:
    """By gateway and device id; every value with its quality, freshness and times."""
    wanted = centre.devices(Which(None if profile is None else [profile], gateway, site))
    return page_of(wanted, attrgetter("place"), cursor=cursor, limit=limit)


@router.get("/devices/{gateway}/{device}", summary="One device")
async def one_device(gateway: str, device: str, centre: CentreDep) -> DeviceView:
    """The device with its newest values."""
    return device_of(centre, gateway, device)


@router.get("/points", summary="Stored readings of each point")
async def list_points(
    centre: CentreDep, gateway: Wanted = None, device: Wanted = None, cursor: Cursor = None, limit: Limit = 100
) -> Page[PointCount]:
    """What the store has taken, as the ledger's counters know it."""
    counts = await asyncio.to_thread(centre.state.point_counts)
    rows = [PointCount(*key, stored) for key, stored in counts.items()]
    wanted = [row for row in rows if gateway in (None, row.gateway) and device in (None, row.device)]
    return page_of(wanted, lambda row: f"{row.gateway}/{row.device}/{row.point}", cursor=cursor, limit=limit)


def device_of(centre: Centre, gateway: str, device: str) -> DeviceView:
    """The device, or the error that becomes a 404."""
    view = centre.device(gateway, device)
    if view is None:
        raise UnknownThingError(f"Gateway {gateway!r} has no device {device!r}.")
    return view
