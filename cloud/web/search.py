"""The page that finds anything, and which devices the list of devices shows."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from cloud.api.deps import Centre
from cloud.api.finding import Kind, words_of
from cloud.api.guard import CentreDep
from cloud.api.search import KINDS
from cloud.api.search import search as find
from cloud.api.views import DeviceView
from cloud.api.which import Which
from cloud.web.fleet import has_problem
from cloud.web.render import page

router = APIRouter(include_in_schema=False)
OF_EACH, OF_ONE = 8, 100


@router.get("/search")
async def search_page(
    request: Request,
    centre: CentreDep,
    q: Annotated[str, Query(max_length=100)] = "",
    kind: Annotated[Kind | Literal[""], Query()] = "",
) -> HTMLResponse:
    """What was found, kind by kind; with one kind chosen more of it."""
    groups = await find(centre, q=q, kind=kind or None, limit=OF_ONE if kind else OF_EACH)
    return page(request, "search.html", groups=groups, q=q, kind=kind, kinds=list(KINDS))


def devices_found(
    centre: Centre, query: str, *, site: str, problems: bool, profiles: Collection[str] | None
) -> list[DeviceView]:
    """The devices of a list: at a site, of a sector, with a problem, or called so."""
    which = Which(profiles, site=site or None)
    words = words_of(query)
    found = filter(which.takes, centre.devices_called(words)) if words else centre.devices(which)
    return [view for view in found if not problems or (has_problem(view) and not view.source)]
