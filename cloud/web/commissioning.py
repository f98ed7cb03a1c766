"""The pages of commissioning records: what was installed where, and each record with its values and photos."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from cloud.api.commissioning import found_record, records_page, view_of
from cloud.api.guard import CentreDep
from cloud.api.pages import Cursor
from cloud.commissioning.telling import MARKS, expected_of, value_of
from cloud.web.pages import site_names
from cloud.web.render import page, taste_of

router = APIRouter(include_in_schema=False)
PER_PAGE = 50


@router.get("/commissioning")
async def commissioning_list(
    request: Request, centre: CentreDep, gateway: Annotated[str, Query(max_length=64)] = "", cursor: Cursor = None
) -> HTMLResponse:
    """Records, newest first; the gateway lives in the address."""
    gateways = sorted(centre.gateways(), key=lambda each: each.id)
    return page(
        request,
        "commissionings.html",
        found=await records_page(centre, gateway, cursor=cursor, limit=PER_PAGE),
        gateway=gateway,
        cursor=cursor,
        gateways=gateways,
        gateway_names={each.id: each.name for each in gateways},
        site_names=site_names(centre),
        marks=MARKS,
    )


@router.get("/commissioning/{record}")
async def commissioning_page(request: Request, record: str, centre: CentreDep) -> HTMLResponse:
    """One record, as the technician signed it."""
    found = await found_record(centre, record)
    language = taste_of(request).language
    gateway = centre.gateway(found.row.gateway)
    come = {file.sha256: file.received_at for file in found.files}
    return page(
        request,
        "commissioning.html",
        row=view_of(found.row),
        digest=found.row.digest,
        record=found.record,
        photos=[file for file in found.record.files if file.kind == "photo"],
        signature=next((file for file in found.record.files if file.kind == "signature"), None),
        come=come,
        gateway_name=gateway.name if gateway else None,
        site_names=site_names(centre),
        value_of=lambda check: value_of(check, language),
        expected_of=lambda check: expected_of(check, language),
        marks=MARKS,
    )
