"""The pages of planned work, and of everything that people are not told of."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from cloud.access.roles import Role
from cloud.alarms.planned import PlannedWork
from cloud.api.deps import Centre
from cloud.api.guard import CentreDep, IdentityDep
from cloud.api.pages import Cursor, Page
from cloud.api.planned_work import Silenced, list_planned_work, list_silenced
from cloud.store.base import AlarmRow
from cloud.web.pages import Short, device_names, site_names
from cloud.web.render import page
from device_profiles.schema import Text

router = APIRouter(include_in_schema=False)
PER_PAGE = 50
SHOWN = 5  # alarms of one item; the rest is a number
MOST_DEVICES = 5_000  # that a form offers


@dataclass(frozen=True, slots=True)
class Quieted:
    """One thing that people are not told of, with the newest of its alarms."""

    item: Silenced
    alarms: Sequence[AlarmRow]


@router.get("/planned-work")
async def planned_work_page(
    request: Request,
    centre: CentreDep,
    identity: IdentityDep,
    site: Short = "",
    gateway: Short = "",
    device: Short = "",
    rule: Annotated[str, Query(max_length=64)] = "",
) -> HTMLResponse:
    """What is out of service now, what will be, and what has ended; the address may fill in the form."""
    works = (await list_planned_work(centre, ended=True)).items
    one = f"{gateway}/{device}" if device else ""
    chosen = {"site": site, "gateway": "" if device else gateway, "device": one, "rule": rule}
    return page(
        request,
        "planned.html",
        groups=groups_of(works, now=centre.clock.now_ms()),
        chosen=chosen,
        may_mend=identity.role.includes(Role.ENGINEER),
        sites=sorted(centre.sites(), key=lambda each: each.id),
        gateways=sorted(centre.gateways(), key=lambda each: each.id),
        devices=sorted(centre.devices(), key=lambda each: (each.gateway, each.id))[:MOST_DEVICES],
        rules=sorted(centre.rules.running.rules),
        site_names=site_names(centre),
        device_names=device_names(centre),
        gateway_names=gateway_names(centre),
    )


@router.get("/silenced")
async def silenced_page(
    request: Request, centre: CentreDep, identity: IdentityDep, cursor: Cursor = None
) -> HTMLResponse:
    """Everything on the shelf and out of service: who wanted it, why, since when, until when, and its alarms."""
    found = await list_silenced(centre, cursor=cursor, limit=PER_PAGE)
    items = await asyncio.to_thread(lambda: [Quieted(each, _newest(centre, each)) for each in found.items])
    return page(
        request,
        "silenced.html",
        found=Page[object](items=items, next=found.next),
        cursor=cursor,
        may_mend=identity.role.includes(Role.ENGINEER),
        site_names=site_names(centre),
        device_names=device_names(centre),
        gateway_names=gateway_names(centre),
    )


def groups_of(works: Sequence[PlannedWork], *, now: int) -> dict[str, list[PlannedWork]]:
    """Planned work by where it stands: going on, coming, and past with the newest end first."""
    past = sorted((each for each in works if _is_past(each, now)), key=lambda each: each.until, reverse=True)
    open_ones = [each for each in works if not _is_past(each, now)]
    return {
        "now": [each for each in open_ones if each.begin <= now],
        "coming": [each for each in open_ones if each.begin > now],
        "past": past,
    }


def gateway_names(centre: Centre) -> dict[str, Text]:
    """What the gateways are called."""
    return {each.id: each.name for each in centre.gateways()}


def _is_past(work: PlannedWork, now: int) -> bool:
    return work.ended_at is not None or work.until <= now


def _newest(centre: Centre, item: Silenced) -> list[AlarmRow]:
    rows = (centre.state.alarm(each) for each in item.alarms[:SHOWN])
    return [row for row in rows if row is not None]
