"""The public door: figures for everybody, reports from the field, survey answers; and for officers, who reported."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from cloud.access.purpose import Purpose
from cloud.api.audit import write_audit
from cloud.api.deps import Centre, UnknownThingError
from cloud.api.guard import CentreDep, IdentityDep
from cloud.api.pages import Page
from cloud.api.problems import ProblemError
from cloud.citizen.board import Board
from cloud.citizen.desk import ClosedError, Followed, NewReport, NoMoreError, TooOftenError
from cloud.citizen.photo import PhotoError
from cloud.errors import CloudError
from cloud.store.citizen_port import CitizenReportRow, SurveyCount

router = APIRouter(tags=["public"])
PREFIX = "/api/v1"
REFUSED = (ClosedError, TooOftenError, NoMoreError, PhotoError)
PHOTO = {
    "requestBody": {
        "required": True,
        "description": "A JPEG, PNG or WebP picture of at most 10 MB.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
Reference = Annotated[str, Path(pattern=r"^[A-Z2-7]{4}(-[A-Z2-7]{4}){3}$", examples=["MFRG-GZDF-MZTW-Q2LK"])]
WhatFor = Annotated[Purpose, Query(description="What you want to read it for; it is written down.")]


class Report(BaseModel):
    """What somebody saw, and where; name and telephone only if he wants to be asked."""

    model_config = ConfigDict(
        extra="forbid",
        str_strip_whitespace=True,
        hide_input_in_errors=True,
        json_schema_extra={
            "examples": [{"topic": "landslide", "area": "132", "place": "Km 12, QL 32", "words": "Ta luy nứt dài 4 m"}]
        },
    )
    topic: str = Field(max_length=32)
    area: str = Field("", max_length=64, description="A commune; empty = not known.")
    place: str = Field(min_length=2, max_length=200)
    words: str = Field(min_length=5, max_length=2000)
    name: str = Field("", max_length=100)
    phone: str = Field("", max_length=20, pattern=r"^[0-9 +().-]*$")


class Reported(BaseModel):
    """The number to follow the report up; it is said once."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reference": "MFRG-GZDF-MZTW-Q2LK"}]})
    reference: str


class Answer(BaseModel):
    """How satisfied somebody is, from 1 (very dissatisfied) to 5 (very satisfied)."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"site": "site-pvhcc", "score": 5}]})
    site: str = Field(max_length=64)
    score: int = Field(ge=1, le=5)


@router.get(f"{PREFIX}/public", summary="Air, rivers, rain and official bulletins, for everybody")
async def public_board(centre: CentreDep, response: Response) -> Board:
    """Worked out seldom; the same answer for all."""
    try:
        board = await centre.citizen.board()
    except REFUSED as error:
        raise refusal(error) from error
    response.headers["Cache-Control"] = f"public, max-age={round(centre.citizen.config.cache_s)}"
    return board


@router.post(f"{PREFIX}/public/reports", status_code=201, summary="Report something seen in the field")
async def report(wanted: Report, request: Request, centre: CentreDep) -> Reported:
    """Becomes an incident; what is personal is forgotten after some weeks."""
    if not centre.citizen.knows(wanted.topic, wanted.area):
        raise ProblemError(422, "invalid", "There is no such topic, or no such commune.")
    try:
        reference = await centre.citizen.report(NewReport(**wanted.model_dump()), address=address_of(request))
    except REFUSED as error:
        raise refusal(error) from error
    return Reported(reference=reference)


@router.get(f"{PREFIX}/public/reports/{{reference}}", summary="How a report stands")
async def follow(reference: Reference, request: Request, centre: CentreDep) -> Followed:
    """For whoever has its number; nothing personal is in it."""
    return await followed(centre, reference, request)


@router.put(f"{PREFIX}/public/reports/{{reference}}/photo", status_code=204, summary="Add a photo", openapi_extra=PHOTO)
async def add_photo(reference: Reference, request: Request, centre: CentreDep) -> None:
    """Only its pixels are kept: no place, time or device."""
    try:
        await centre.citizen.photo(reference, request.body, address=address_of(request))
    except REFUSED as error:
        raise refusal(error) from error


@router.post(f"{PREFIX}/public/answers", status_code=204, summary="Answer the survey of a place")
async def answer(wanted: Answer, request: Request, centre: CentreDep) -> None:
    """Only counted: who answered is not kept."""
    try:
        await centre.citizen.answer(wanted.site, wanted.score, address=address_of(request))
    except REFUSED as error:
        raise refusal(error) from error


@router.get(f"{PREFIX}/survey-answers", summary="Answers of the last 30 days, by site, day and score")
async def survey_answers(centre: CentreDep) -> Page[SurveyCount]:
    """Days since 1970 by the time of Vietnam; sites that the caller may see."""
    seen = {site.id for site in centre.sites()}
    return Page(items=[each for each in await centre.citizen.answers() if each.site in seen], next=None)


@router.get(f"{PREFIX}/incidents/{{incident}}/citizen-report", summary="What the citizen said, and how to ask back")
async def citizen_report(
    incident: str, centre: CentreDep, identity: IdentityDep, *, purpose: WhatFor
) -> CitizenReportRow:
    """Who looked, and what for, is written down."""
    row = await report_of(centre, incident)
    await write_audit(centre, actor=identity.name, action="citizen_report_read", target=incident, detail=purpose.value)
    return row


async def report_of(centre: Centre, incident: str) -> CitizenReportRow:
    """The report of an incident, for whoever writes down who looked; UnknownThingError."""
    if await asyncio.to_thread(centre.incidents.incident, incident) is None:
        raise UnknownThingError(f"There is no incident {incident!r}.")
    row = await centre.citizen.report_of(incident)
    if row is None:
        raise UnknownThingError("Nobody reported this incident.")
    return row


async def followed(centre: Centre, reference: str, request: Request) -> Followed:
    """How a report stands; problems as the API says them."""
    try:
        return await centre.citizen.follow(reference, address=address_of(request))
    except REFUSED as error:
        raise refusal(error) from error


def address_of(request: Request) -> str:
    """From where somebody speaks; a proxy in front of us says it for him."""
    return request.client.host if request.client else ""


def refusal(error: CloudError) -> ProblemError:
    """What the desk refuses, as a problem."""
    if isinstance(error, TooOftenError):
        wait = {"Retry-After": str(error.wait_s)}
        return ProblemError(429, "too_many", "Too many from this address: try later.", wait)
    if isinstance(error, NoMoreError):
        return ProblemError(409, "no_more_photos", "This report takes no more photos.")
    if isinstance(error, PhotoError):
        return ProblemError(415, "file_type", "This is no picture that can be taken: JPEG, PNG or WebP.")
    return ProblemError(404, "unknown", "There is no such thing here.")
