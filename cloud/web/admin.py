"""The pages of administration: accounts, sessions, the audit log, and how the house is arranged by its files."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from cloud.access.policy import POLICY
from cloud.access.roles import Role
from cloud.api.accounts import list_accounts, list_sessions
from cloud.api.audit import list_audit, verify_audit
from cloud.api.deps import Centre
from cloud.api.guard import CentreDep, IdentityDep, door_now
from cloud.people.coverage import uncovered
from cloud.people.duty import on_duty
from cloud.people.people import Person, Team
from cloud.web.render import page
from device_profiles.sectors import NAMES

router = APIRouter(include_in_schema=False)
Part = Literal["sessions", "audit", "roles", "areas", "rosters", "channels", "retention"]
PARTS = ("accounts", "sessions", "roles", "areas", "rosters", "channels", "retention", "audit")
ROWS = 100


class AuditLook(BaseModel):
    """What the address of the audit log says."""

    actor: str = Field("", max_length=200)
    action: str = Field("", max_length=200)
    target: str = Field("", max_length=200)
    cursor: str | None = Field(None, max_length=400)
    verify: bool = False


@router.get("/admin")
async def accounts_page(request: Request, centre: CentreDep) -> HTMLResponse:
    """Who may log in."""
    found = await list_accounts(centre, limit=500)
    return _part(request, "accounts", accounts=found.items, roles=list(Role), **_bounds(centre))


@router.get("/admin/{part}")
async def part_page(
    request: Request, part: Part, centre: CentreDep, identity: IdentityDep, *, look: Annotated[AuditLook, Query()]
) -> HTMLResponse:
    """One of the other parts."""
    if part == "sessions":
        found = await list_sessions(centre, identity, limit=500)
        return _part(request, part, sessions=found.items, **_bounds(centre))
    if part == "audit":
        return await _audit_page(request, centre, look)
    return _part(request, part, **_arranged(centre, part))


async def _audit_page(request: Request, centre: Centre, look: AuditLook) -> HTMLResponse:
    words = {"actor": look.actor.strip(), "action": look.action.strip(), "target": look.target.strip()}
    found = await list_audit(
        centre, ROWS, look.cursor, actor=words["actor"], action=words["action"], target=words["target"]
    )
    verdict = await verify_audit(centre) if look.verify else None
    head = (await asyncio.to_thread(centre.state.audit_log.ends)).head
    return _part(request, "audit", found=found, filters=words, verdict=verdict, head=head)


def _bounds(centre: Centre) -> dict[str, object]:
    """What somebody may be bound to, by code."""
    return {"areas": centre.area_names(), "sectors": {sector.value: name for sector, name in NAMES.items()}}


def _arranged(centre: Centre, part: str) -> dict[str, object]:
    arrangement = centre.settings.arrangement
    if part == "roles":
        return {"roles": _rights()}
    if part == "areas":
        sites = [site.area for site in centre.sites()]
        return {"areas": centre.area_names(), "counts": {area: sites.count(area) for area in sites}}
    if part == "rosters":
        return {"teams": _teams(centre)}
    if part == "channels":
        return {"channels": arrangement.channels, "persons": arrangement.people().persons.values()}
    return {"kept": centre.settings.kept, "arrangement": arrangement}


def _rights() -> list[tuple[Role, int, list[str]]]:
    """Each role, how many routes it may use, and what it may do that the one before it may not."""
    found = []
    for role in Role:
        own = sorted(f"{method} {path}" for (method, path), rule in POLICY.items() if rule is role)
        all_of = sum(isinstance(rule, Role) and role.includes(rule) for rule in POLICY.values())
        found.append((role, all_of, own))
    return found


def _teams(centre: Centre) -> list[tuple[Team, list[Person], tuple[str, ...]]]:
    """Each team, who is on duty now, and the hours of a week without anybody."""
    people, now = centre.settings.arrangement.people(), door_now(centre)
    return [
        (team, [people.persons[each] for each in on_duty(people, team.id, now)], uncovered(team))
        for team in people.teams.values()
    ]


def _part(request: Request, part: str, **values: object) -> HTMLResponse:
    return page(request, "admin.html", status=200, part=part, parts=PARTS, **values)
