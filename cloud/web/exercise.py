"""The pages of an exercise (diễn tập): where the story is, the trainer's desk, and the debrief."""

from __future__ import annotations

from typing import get_args

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from cloud.access.roles import Role
from cloud.api.exercise import debrief_view, office_of, standing_view, verdict_view
from cloud.api.guard import CentreDep, IdentityDep
from cloud.exercise.sheet import span, word_of
from cloud.web.render import page
from device_profiles.exercise_plan import InjectedFault

router = APIRouter(include_in_schema=False)


@router.get("/exercise")
async def exercise_page(request: Request, centre: CentreDep, identity: IdentityDep) -> HTMLResponse:
    """The time of the story for everybody; pace, faults and verdict for trainers only."""
    office = office_of(centre)
    trains = identity.role.includes(Role.ENGINEER)
    verdict = await office.verdict() if trains else None
    return page(
        request,
        "exercise.html",
        standing=standing_view(office.standing()),
        trains=trains,
        verdict=verdict_view(verdict, centre) if verdict else None,
        word=word_of(verdict) if verdict else "",
        faults=get_args(InjectedFault),
        gateways=sorted(each.id for each in centre.gateways()) if trains else [],
        devices=sorted({each.id for each in centre.devices()}) if trains else [],
    )


@router.get("/exercise/debrief")
async def debrief_page(request: Request, centre: CentreDep) -> HTMLResponse:
    """What was planned, what came, and who did what how quickly."""
    found = await office_of(centre).debrief()
    return page(
        request,
        "debrief.html",
        found=debrief_view(found, centre),
        word=word_of(found.verdict) if found.verdict else "",
        span=span,
    )
