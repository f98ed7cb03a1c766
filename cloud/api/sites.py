"""The places."""

from __future__ import annotations

from fastapi import APIRouter

from cloud.api.guard import CentreDep
from cloud.api.pages import Cursor, Limit, Page, page_of
from cloud.api.views import SiteView

router = APIRouter(prefix="/api/v1", tags=["inventory"])


@router.get("/sites", summary="Sites")
async def list_sites(centre: CentreDep, cursor: Cursor = None, limit: Limit = 100) -> Page[SiteView]:
    """Every site with its place on the map, by id."""
    return page_of(centre.sites(), lambda site: site.id, cursor=cursor, limit=limit)
