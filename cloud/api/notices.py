"""What the centre sent out, and what it refused to believe."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter

from cloud.api.guard import CentreDep
from cloud.api.pages import Limit, Page
from cloud.store.base import NoticeRow, RejectRow

router = APIRouter(prefix="/api/v1", tags=["operation"])


@router.get("/notices", summary="The newest notices")
async def list_notices(centre: CentreDep, limit: Limit = 100) -> Page[NoticeRow]:
    """Newest first, sent or not, with the last error."""
    return Page(items=list(await asyncio.to_thread(centre.state.notices, limit=limit)), next=None)


@router.get("/rejects", summary="The newest refused messages")
async def list_rejects(centre: CentreDep, limit: Limit = 100) -> Page[RejectRow]:
    """Newest first, with the reason and the first bytes in hex."""
    return Page(items=list(await asyncio.to_thread(centre.state.rejects, limit=limit)), next=None)
