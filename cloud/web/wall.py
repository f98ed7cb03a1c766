"""Wall mode: the pages of the centre take turns on a screen that nobody touches; grave alarms come first."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from cloud.access.policy import allows, rule_for
from cloud.access.roles import Role
from cloud.api.deps import Centre
from cloud.api.guard import CentreDep, IdentityDep
from cloud.store.base import AlarmFilter, AlarmRow
from cloud.wallboard import WallPage
from cloud.web.render import page

router = APIRouter(include_in_schema=False)
MOST_WAITING = 20


class Chosen(BaseModel):
    """What this screen wants otherwise than the others; it lives in the address."""

    page: tuple[WallPage, ...] = Field((), max_length=40)
    dwell_s: float | None = Field(None, ge=5, le=3600)


@router.get("/wall")
async def wall_page(
    request: Request, centre: CentreDep, identity: IdentityDep, chosen: Annotated[Chosen, Query()]
) -> HTMLResponse:
    """The frame in which the pages take turns."""
    config = centre.settings.wall
    pages = [each for each in chosen.page or config.pages if may_open(each, identity.role)]
    waiting = await asyncio.to_thread(grave_alarms, centre, config.wake_severity)
    return page(
        request,
        "wall.html",
        pages=pages or ["/"],
        dwell_s=chosen.dwell_s or config.dwell_s,
        config=config,
        waiting=[{"id": row.id, "vi": row.text_vi, "en": row.text_en, "severity": row.severity} for row in waiting],
    )


def may_open(address: str, role: Role) -> bool:
    """Whether this page exists for the role; what lies below a page is asked of the page itself."""
    path = urlsplit(address).path
    rule = rule_for("GET", path)
    return allows(rule, role) if rule is not None else path.count("/") > 1


def grave_alarms(centre: Centre, worst: int) -> Sequence[AlarmRow]:
    """Open alarms that nobody has acknowledged yet, as grave as that, newest first."""
    found: list[AlarmRow] = []
    for severity in range(1, worst + 1):
        wanted = AlarmFilter(open=True, severity=severity)
        rows = centre.state.alarms(wanted, before=None, limit=MOST_WAITING)
        found.extend(row for row in rows if row.acknowledged_at is None)
    return found[:MOST_WAITING]
