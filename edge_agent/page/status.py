"""The first screen: how the cabinet is, what is wrong, and what to do about it."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response

from edge_agent.control.protocol import AgentAwayError, ControlError
from edge_agent.lasting import write_lasting
from edge_agent.page.cabinet import RESTART, Cabinet, Glance, look, seen_in
from edge_agent.page.door import go, known
from edge_agent.page.present import facts_in, moment, size
from edge_agent.page.render import cabinet_of, page, part, taste_of
from edge_agent.page.signs import Sign, number_in, signs_of, text_in, worst_of
from edge_agent.page.steps import next_of
from edge_agent.page.words import Language

router = APIRouter(include_in_schema=False, dependencies=[Depends(known)])
RECORDS: Final = 3


@router.get("/")
async def status_page(request: Request, asked: Annotated[bool, Query()] = False) -> HTMLResponse:
    """The whole screen."""
    cabinet = cabinet_of(request)
    glance = await look(cabinet, values=True)
    visits = await asyncio.to_thread(cabinet.desk.visits)
    return page(
        request,
        "status.html",
        glance,
        shown={
            **_shown(cabinet, glance, taste_of(request).language),
            "next_step": next_of(glance),
            "visits": visits[:RECORDS],
            "asked": asked,
        },
    )


@router.get("/part/status")
async def status_part(request: Request) -> HTMLResponse:
    """The signs alone, a few seconds younger."""
    cabinet = cabinet_of(request)
    glance = await look(cabinet, values=True)
    return part(request, "part_status.html", **_shown(cabinet, glance, taste_of(request).language))


@router.post("/restart")
async def restart(request: Request) -> Response:
    """Asks the agent to start anew; when it does not answer, a service that watches a file of ours does it."""
    cabinet = cabinet_of(request)
    try:
        await cabinet.agent.ask("restart")
    except (AgentAwayError, ControlError):
        wish = str(cabinet.clock.now_ms()).encode()
        await asyncio.to_thread(write_lasting, cabinet.data_dir / RESTART, wish, mode=0o644)
    return go("/?asked=true")


def _shown(cabinet: Cabinet, glance: Glance, language: Language) -> dict[str, object]:
    signs = signs_of(seen_in(glance, cabinet))
    status = glance.status or {}
    return {
        "signs": signs,
        "worst": worst_of(signs),
        "facts": lambda sign: facts_of(sign, language),
        "away": glance.status is None,
        "agent_version": text_in(status, "agent"),
        "uptime_s": number_in(status, "uptime_s") or 0,
    }


def facts_of(sign: Sign, language: Language) -> dict[str, object]:
    """What fills the sentence of a sign."""
    facts = facts_in({key: fact for key, fact in sign.facts.items() if key not in ("now", "free", "since")}, language)
    if "now" in sign.facts:
        facts["moment"] = moment(int(str(sign.facts["now"])))
    if "free" in sign.facts:
        facts["free"] = size(float(str(sign.facts["free"])), language)
    return facts
