"""The page that finds anything, and which devices the list of devices shows."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from cloud.api.deps import Centre
from cloud.api.finding import Kind, rank, words_of
from cloud.api.guard import CentreDep
from cloud.api.search import KINDS
from cloud.api.search import search as find
from cloud.api.views import DeviceView
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
    words = words_of(query)
    wanted = [
        view for view in centre.devices()
        if site in ("", view.site)
        and (profiles is None or view.profile in profiles)
        and (not problems or (has_problem(view) and not view.source))
    ]  # fmt: skip
    if not words:
        return wanted
    places = {each.id: f"{each.name.vi} {each.name.en}" for each in centre.sites()}
    models = {key: f"{each.name.vi} {each.name.en}" for key, each in centre.profiles.items()}

    def fits(view: DeviceView) -> bool:
        more = f"{view.gateway} {view.profile} {models.get(view.profile, '')} {places.get(view.site, view.site)}"
        return rank(words, f"{view.name.vi} {view.name.en} {view.id}", more) is not None

    return [view for view in wanted if fits(view)]
