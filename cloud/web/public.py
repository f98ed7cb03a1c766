"""The pages that need no log-in: figures, the report form, how a report stands, a survey; and what officers read."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse

from cloud.access.purpose import Purpose
from cloud.api.deps import UnknownThingError
from cloud.api.guard import CentreDep, IdentityDep
from cloud.api.public import REFUSED, Reference, citizen_report, followed, refusal, report_of
from cloud.citizen.board import RAIN_H
from cloud.citizen.desk import ACTOR as CITIZEN
from cloud.citizen.topics import TOPICS
from cloud.web.render import page

router = APIRouter(include_in_schema=False)
FIRST_RAIN = 12  # rows in sight; the rest is behind a word
Why = Annotated[Purpose | None, Query()]
SCORES = (5, 4, 3, 2, 1)


@router.get("/public")
async def public_page(request: Request, centre: CentreDep) -> HTMLResponse:
    """What everybody may know now."""
    try:
        board = await centre.citizen.board()
    except REFUSED as error:
        raise refusal(error) from error
    return page(
        request,
        "public.html",
        board=board,
        hours=RAIN_H,
        first_rain=FIRST_RAIN,
        areas=centre.area_names(),
    )


@router.get("/public/report")
async def report_page(request: Request, centre: CentreDep) -> HTMLResponse:
    """The form; it also takes a number to follow."""
    _must_be_open(centre.citizen.config.open)
    areas = sorted(centre.area_names().items(), key=lambda each: each[1].vi)
    return page(request, "public_report.html", topics=TOPICS, areas=areas, terms=centre.citizen.config)


@router.get("/public/report/{reference}")
async def followed_page(reference: Reference, request: Request, centre: CentreDep) -> HTMLResponse:
    """How a report stands."""
    return page(request, "public_followed.html", report=await followed(centre, reference, request))


@router.get("/public/survey/{site}")
async def survey_page(site: Annotated[str, Path(max_length=64)], request: Request, centre: CentreDep) -> HTMLResponse:
    """One question with five large buttons, for a kiosk or behind a QR code."""
    config = centre.citizen.config
    _must_be_open(config.open and site not in config.hidden_sites)
    place = next((each for each in centre.sites() if each.id == site), None)
    if place is None:
        raise UnknownThingError("There is no such survey.")
    return page(request, "public_survey.html", place=place, scores=SCORES)


@router.get("/incidents/{incident}/citizen-report")
async def citizen_report_page(
    incident: str, request: Request, centre: CentreDep, identity: IdentityDep, *, purpose: Why = None
) -> HTMLResponse:
    """What a citizen reported, to whoever says what for; who looked is written down."""
    if purpose is None:
        await report_of(centre, incident)  # or it is not there
        return page(request, "citizen_ask.html", incident=incident, purposes=tuple(Purpose))
    report = await citizen_report(incident, centre, identity, purpose=purpose)
    files = await asyncio.to_thread(centre.incident_files.attachments, incident)
    photos = [each for each in files if each.actor == CITIZEN and each.gone_at is None]
    areas = centre.area_names()
    return page(request, "citizen_report.html", report=report, photos=photos, purpose=purpose.value, areas=areas)


def _must_be_open(is_open: bool) -> None:
    if not is_open:
        raise UnknownThingError("There is no such thing here.")
