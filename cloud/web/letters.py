"""The page of dead letters: how many readings lie there for which reason, and each letter with what may be done."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from cloud.access.roles import Role
from cloud.api.dead_letters import letters_page
from cloud.api.guard import CentreDep, IdentityDep
from cloud.api.ledger import reasons_of
from cloud.api.pages import Cursor
from cloud.api.views import LetterFilter
from cloud.web.render import page

router = APIRouter(include_in_schema=False)
PER_PAGE = 50


@router.get("/dead-letters")
async def dead_letters_page(
    request: Request,
    centre: CentreDep,
    identity: IdentityDep,
    state: Literal["open", "retried", "discarded", "any"] = "open",
    gateway: Annotated[str, Query(max_length=64)] = "",
    reason: Annotated[str, Query(max_length=200)] = "",
    cursor: Cursor = None,
) -> HTMLResponse:
    """Letters, newest first; the filters live in the address."""
    wanted = LetterFilter(gateway or None, reason or None, state=None if state == "any" else state)
    dead, _ = reasons_of([each for each in centre.ledger() if gateway in ("", each.gateway)])
    return page(
        request,
        "letters.html",
        found=await letters_page(centre, wanted, cursor=cursor, limit=PER_PAGE),
        reasons=dead.most_common(),
        state=state,
        gateway=gateway,
        reason=reason,
        cursor=cursor,
        gateways=sorted(centre.gateways(), key=lambda each: each.id),
        may_mend=identity.role.includes(Role.ENGINEER),
    )
