"""Shelved alarms: shelve, take back, list."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Body
from pydantic import BaseModel, ConfigDict, Field

from cloud.alarms.shelf import Shelf
from cloud.api.alarms import MAX_COMMENT, AlarmView, Remark, alarm_view
from cloud.api.audit import write_audit
from cloud.api.guard import CentreDep, IdentityDep
from cloud.api.pages import Page
from cloud.api.scoped import alarms_in_sight

router = APIRouter(prefix="/api/v1", tags=["alarms"])


class Shelving(BaseModel):
    """Why somebody wants no notices, and until when."""

    model_config = ConfigDict(
        extra="forbid",
        str_strip_whitespace=True,
        json_schema_extra={"examples": [{"reason": "Đang thay cảm biến.", "until": 1795363200000}]},
    )
    reason: str = Field(min_length=1, max_length=MAX_COMMENT)
    until: int = Field(gt=0, description="ms since 1970 UTC; at most seven days ahead.")


@router.get("/shelves", summary="What is shelved, the first to end first")
async def list_shelves(centre: CentreDep) -> Page[Shelf]:
    """Problems that send no notices, by rule and device; `alarm` is the one that was shelved."""
    shelves = centre.mutes().shelves.all()
    seen = await asyncio.to_thread(alarms_in_sight, centre, [each.alarm for each in shelves])
    return Page(items=[each for each in shelves if each.alarm in seen], next=None)


@router.post("/alarms/{alarm}/shelve", summary="Shelve: no notices until a time")
async def shelve(alarm: str, wish: Annotated[Shelving, Body()], centre: CentreDep, identity: IdentityDep) -> AlarmView:
    """The alarm lives on, but tells nobody; when the time is over people are told of what lasts."""
    row = await centre.shelve(alarm, actor=identity.name, reason=wish.reason, until=wish.until)
    await write_audit(centre, actor=identity.name, action="shelve", target=alarm, detail=wish.reason)
    return alarm_view(centre, row)


@router.post("/alarms/{alarm}/unshelve", summary="Take from the shelf")
async def unshelve(alarm: str, remark: Remark, centre: CentreDep, identity: IdentityDep) -> AlarmView:
    """People are told again, at once when nobody has acknowledged what lasts."""
    row = await centre.unshelve(alarm, actor=identity.name, comment=remark.comment)
    await write_audit(centre, actor=identity.name, action="unshelve", target=alarm, detail=remark.comment)
    return alarm_view(centre, row)
