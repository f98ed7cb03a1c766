"""The pages of alarms: the list with its marks and bulk actions, and one alarm with why it fired and who is told."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from cloud.access.roles import Role
from cloud.api.alarms import AlarmView, alarms_page, one_alarm
from cloud.api.deps import Centre
from cloud.api.explain import AlarmExplained, explain_alarm
from cloud.api.guard import CentreDep, IdentityDep
from cloud.api.pages import Cursor, Page, encode_cursor
from cloud.errors import StoreUnavailableError
from cloud.store.base import AlarmFilter
from cloud.web import choices
from cloud.web.pages import Short, device_names, site_names
from cloud.web.quiet import quiets_of
from cloud.web.render import page

router = APIRouter(include_in_schema=False)
STEP = 500  # alarms that are looked at together for those that are silenced
Sizes = Literal["50", "200", "500"]


@router.get("/alarms")
async def alarms_list(
    request: Request,
    centre: CentreDep,
    state: Literal["open", "closed", "any"] = "open",
    severity: Annotated[str, Query(pattern="^[1-4]?$")] = "",
    site: Short = "",
    told: Literal["", "silenced"] = "",
    per: Sizes = "50",
    cursor: Cursor = None,
) -> HTMLResponse:
    """Alarms, newest first; the filters live in the address."""
    wanted = AlarmFilter(
        open={"open": True, "closed": False, "any": None}[state],
        site=site or None,
        severity=int(severity) if severity else None,
    )
    find = silenced_page if told else alarms_page
    return page(
        request,
        "alarms.html",
        found=await find(centre, wanted, cursor=cursor, limit=int(per)),
        counts=await asyncio.to_thread(counts_of, centre, wanted),
        filters={"state": state, "severity": severity, "site": site, "told": told, "per": per},
        state=state,
        cursor=cursor,
        sites=sorted(centre.sites(), key=lambda each: each.id),
        site_names=site_names(centre),
        users=await asyncio.to_thread(choices.workers_of, centre),
        device_names=device_names(centre),
    )


@router.get("/alarms/{alarm}")
async def alarm_page(request: Request, alarm: str, centre: CentreDep, identity: IdentityDep) -> HTMLResponse:
    """One alarm: why, who is told, and what was done."""
    detail = await one_alarm(alarm, centre)
    return page(
        request,
        "alarm.html",
        alarm=detail,
        quiets=quiets_of(centre, detail),
        incident=await asyncio.to_thread(centre.incidents.incident_of, alarm),
        explained=await explained(centre, alarm),
        may_mend=identity.role.includes(Role.ENGINEER),
        sectors=choices.sectors_of(centre),
        users=await asyncio.to_thread(choices.workers_of, centre),
        site_names=site_names(centre),
        device_names=device_names(centre),
    )


async def explained(centre: Centre, alarm: str) -> AlarmExplained | None:
    """Why it fired; None while the store of readings is away: the rest of the page can do without."""
    try:
        return await explain_alarm(alarm, centre)
    except StoreUnavailableError:
        return None


async def silenced_page(centre: Centre, wanted: AlarmFilter, *, cursor: str | None, limit: int) -> Page[AlarmView]:
    """One page of open alarms that people are not told of: the judge knows which they are, the store does not."""
    found: list[AlarmView] = []
    wanted = AlarmFilter(open=True, site=wanted.site, severity=wanted.severity)
    while len(found) < limit:
        some = await alarms_page(centre, wanted, cursor=cursor, limit=STEP)
        found.extend(each for each in some.items if each.silenced)
        cursor = some.next
        if cursor is None:
            break
    if len(found) > limit:
        found, cursor = found[:limit], encode_cursor(found[limit - 1].id)
    return Page(items=found, next=cursor)


def counts_of(centre: Centre, wanted: AlarmFilter) -> tuple[int, int]:
    """How many alarms of this site and severity are open, and how many of them nobody has acknowledged."""
    rows = [
        row for row in centre.state.open_alarms()
        if wanted.site in (None, row.site) and wanted.severity in (None, row.severity)
    ]  # fmt: skip
    return sum(row.alarms for row in rows), sum(row.unacknowledged for row in rows)
