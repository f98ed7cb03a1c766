"""Writes down who did what, and shows it to administrators."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter

from cloud.api.deps import Centre
from cloud.api.guard import CentreDep
from cloud.api.pages import Limit, Page
from cloud.store.base import AuditRow

router = APIRouter(prefix="/api/v1", tags=["audit"])


async def write_audit(centre: Centre, *, actor: str, action: str, target: str = "", detail: str = "") -> None:
    """Appends one row to the audit log."""
    row = AuditRow(centre.clock.now_ms(), actor, action, target, detail)
    await asyncio.to_thread(centre.state.put_audit, row)


@router.get("/audit", summary="The newest audit rows")
async def list_audit(centre: CentreDep, limit: Limit = 100) -> Page[AuditRow]:
    """Newest first."""
    return Page(items=list(await asyncio.to_thread(centre.state.audit, limit=limit)), next=None)
