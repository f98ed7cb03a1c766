"""The gateways: whether they live, what they hold back, and their clocks."""

from __future__ import annotations

from fastapi import APIRouter

from cloud.api.deps import UnknownThingError
from cloud.api.guard import CentreDep
from cloud.api.pages import Cursor, Limit, Page, page_of
from cloud.api.views import GatewayView

router = APIRouter(prefix="/api/v1", tags=["inventory"])


@router.get("/gateways", summary="Gateways")
async def list_gateways(centre: CentreDep, cursor: Cursor = None, limit: Limit = 100) -> Page[GatewayView]:
    """Every gateway, by id."""
    return page_of(centre.gateways(), lambda gateway: gateway.id, cursor=cursor, limit=limit)


@router.get("/gateways/{gateway}", summary="One gateway")
async def one_gateway(gateway: str, centre: CentreDep) -> GatewayView:
    """What the gateway last said of itself."""
    view = centre.gateway(gateway)
    if view is None:
        raise UnknownThingError(f"There is no gateway {gateway!r}.")
    return view
