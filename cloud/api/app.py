"""Puts the API together around one centre."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Depends, FastAPI, Request

from cloud.access.attempts import Attempts
from cloud.access.passkeys import Challenges
from cloud.api import (
    accounts,
    alarms,
    atlas,
    attachments,
    audit,
    bulk,
    cameras,
    chronicle,
    commands,
    commissioning,
    configurations,
    dead_letters,
    devices,
    disaster,
    enrolment,
    evacuations,
    exercise,
    explain,
    exports,
    gaps,
    gateways,
    handovers,
    health,
    incidents,
    ledger,
    live,
    notices,
    passkeys,
    planned_work,
    profiles,
    public,
    rehearsals,
    releases,
    reports,
    rule_proposals,
    rules,
    search,
    second_factor,
    sectors,
    security,
    series,
    session,
    shelves,
    sites,
    tiles,
    waves,
)
from cloud.api.contract import completed
from cloud.api.deps import Centre
from cloud.api.examples import with_examples
from cloud.api.guard import cookie_name, guard
from cloud.api.pacing import Pacing
from cloud.api.problems import add_problems
from cloud.api.repeats import Repeats
from cloud.api.shield import Shield
from cloud.exports.desk import ExportDesk

RESOURCES = (
    session, second_factor, passkeys, ledger, sites, gateways, enrolment, security, commissioning, devices, gaps,
    series, planned_work, bulk,
    alarms, shelves, handovers, incidents, attachments, notices, rules, rule_proposals, explain, chronicle,
    rehearsals, releases,
    commands, configurations, waves, dead_letters, live, audit, health, exercise, profiles, cameras, disaster, public,
    evacuations, sectors, search, atlas, tiles, accounts,
    exports, reports,
)  # fmt: skip
UPLOADS_AT_ONCE = 4  # each holds a file of 10 MB in memory
CHECKS_AT_ONCE = 2  # each password check takes 64 MiB and four threads
ABOUT = """The operations centre of Thacba.

Log in with `POST /api/v1/session`, or send `Authorization: Bearer <token>`.
Times are ms since 1970 UTC.
Lists are pages `{"items": [...], "next": cursor or null}`. Errors are RFC 9457 problems."""

PROBLEM: dict[int | str, dict[str, Any]] = {
    "default": {
        "description": "Whatever goes wrong, as RFC 9457 has it.",
        "content": {
            "application/problem+json": {
                "example": {
                    "type": "urn:thacba:problem:wrong_state",
                    "title": "Conflict",
                    "status": 409,
                    "detail": "an alarm that is acked cannot acknowledge",
                    "instance": "/api/v1/alarms/01a20231/acknowledge",
                    "code": "wrong_state",
                }
            }
        },
    }
}

contract = APIRouter(prefix="/api/v1", tags=["operation"])


def create_api(centre: Centre) -> FastAPI:
    """The API alone; cloud/web adds the pages."""
    app = FastAPI(
        title="Thacba", version=centre.settings.version, description=ABOUT, dependencies=[Depends(guard)],
        responses=PROBLEM, docs_url=None, redoc_url=None, openapi_url=None,
    )  # fmt: skip
    app.state.centre = centre
    app.state.attempts = Attempts()
    app.state.challenges = Challenges()
    app.state.join_attempts = Attempts()
    app.state.exports = ExportDesk()
    app.state.joins = asyncio.Semaphore(centre.enrolment.config.joins_at_once)
    app.state.uploads = asyncio.Semaphore(UPLOADS_AT_ONCE)
    app.state.account_changes = asyncio.Lock()
    app.state.password_checks = asyncio.Semaphore(CHECKS_AT_ONCE)
    for resource in RESOURCES:
        app.include_router(resource.router)
    app.include_router(contract)
    add_problems(app)
    clock = centre.settings.door_clock or centre.clock
    app.add_middleware(Repeats)
    app.add_middleware(Pacing, pace=centre.settings.pace, cookie=cookie_name(centre), seconds=clock.monotonic)
    app.add_middleware(Shield, https=centre.settings.cookie_secure, exercise=centre.settings.exercise)
    return app


@contract.get("/openapi.json", include_in_schema=False)
async def openapi(request: Request) -> dict[str, Any]:
    """This API's contract, OpenAPI 3.1."""
    document: dict[str, Any] = await asyncio.to_thread(request.app.openapi)  # takes seconds, once
    return completed(with_examples(document), cookie=cookie_name(request.app.state.centre))
