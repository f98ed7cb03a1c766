"""A person's own page: who they are here, and what they show after the password."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from cloud.access.passkeys import MOST_EACH
from cloud.api.guard import CentreDep, IdentityDep
from cloud.api.passkey_proof import keys_of, party_here
from cloud.api.passkeys import may_have, view_of
from cloud.web.render import page

router = APIRouter(include_in_schema=False)


@router.get("/account")
async def account_page(request: Request, centre: CentreDep, identity: IdentityDep) -> HTMLResponse:
    """Their second factors; passkeys where they can be of use."""
    of_use = await may_have(centre, identity)
    row = await asyncio.to_thread(centre.state.factors.factor, identity.name) if of_use else None
    keys = await keys_of(centre, identity.name) if of_use else ()
    return page(
        request,
        "account.html",
        of_use=of_use,
        keys=list(map(view_of, keys)),
        most=MOST_EACH,
        party=party_here(request, centre),
        app_of_codes=row is not None and row.confirmed,
        paper_left=len(row.paper.split()) if row is not None else 0,
        asked=identity.role.value in centre.settings.second_factor_roles,
    )
