"""Step 3: what every point says now, beside what it should say."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from edge_agent.page.cabinet import Cabinet, Glance, look, points_of
from edge_agent.page.devices import connection_of
from edge_agent.page.door import first, form_of, go, known
from edge_agent.page.offers import address_of
from edge_agent.page.render import cabinet_of, page, part, taste_of
from edge_agent.page.rows import Row, counts_of, model_of, rows_of
from edge_agent.page.signs import Document, number_in, text_in
from edge_agent.page.site_changes import configured, read_now
from edge_agent.page.words import Language, said

router = APIRouter(include_in_schema=False, dependencies=[Depends(known)])


@router.get("/values")
async def values_page(request: Request) -> HTMLResponse:
    """The whole screen."""
    cabinet = cabinet_of(request)
    glance = await look(cabinet, values=True)
    return page(request, "values.html", glance, shown=await _shown(cabinet, glance, taste_of(request).language))


@router.get("/part/values")
async def values_part(request: Request) -> HTMLResponse:
    """The values alone, a second younger."""
    cabinet = cabinet_of(request)
    glance = await look(cabinet, values=True)
    return part(request, "part_values.html", **await _shown(cabinet, glance, taste_of(request).language))


@router.post("/values/read")
async def read(request: Request) -> Response:
    """Reads one device now."""
    await read_now(cabinet_of(request), [first(await form_of(request), "device")])
    return go("/values")


async def _shown(cabinet: Cabinet, glance: Glance, language: Language) -> dict[str, object]:
    if glance.status is None:
        return {"cards": [], "counts": counts_of([]), "all": 0, "away": True}
    in_use = await configured(cabinet)
    health = {text_in(each, "id"): each for each in glance.devices}
    cards = [_card(cabinet, glance, each, health.get(text_in(each, "id"), {}), language) for each in in_use]
    rows = [row for card in cards for row in card["rows"]]  # type: ignore[attr-defined]
    return {"cards": cards, "counts": counts_of(rows), "all": len(rows), "away": False}


def _card(
    cabinet: Cabinet, glance: Glance, device: Document, health: Document, language: Language
) -> dict[str, object]:
    """One device with its rows."""
    name = text_in(device, "id")
    profile = cabinet.catalogue.profiles.get(text_in(device, "profile"))
    rows: list[Row] = []
    if profile is not None:
        model = model_of(profile, "", device)
        period_s = number_in(device, "period_s") or profile.period_s
        points = points_of(glance.values, name)
        rows = [*rows_of(model, points, now=cabinet.clock.now_ms(), period_s=period_s, language=language)]
    return {
        "id": name,
        "name": said(profile.name, language) if profile else name,
        "address": address_of(connection_of(device)),
        "fault": text_in(health, "fault"),
        "rows": rows,
    }
