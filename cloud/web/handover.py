"""The page of the change of shifts: a note to who takes over, and former notes with what was open then."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from cloud.api.guard import CentreDep, IdentityDep
from cloud.api.handovers import list_handovers
from cloud.api.pages import Cursor
from cloud.web import choices
from cloud.web.render import page

router = APIRouter(include_in_schema=False)
PER_PAGE = 10


@router.get("/handover")
async def handover_page(
    request: Request, centre: CentreDep, identity: IdentityDep, cursor: Cursor = None
) -> HTMLResponse:
    """Who handed over to whom, newest first."""
    workers = await asyncio.to_thread(choices.workers_of, centre)
    return page(
        request,
        "handover.html",
        found=await list_handovers(centre, cursor=cursor, limit=PER_PAGE),
        cursor=cursor,
        users=[name for name in workers if name != identity.name],
    )
