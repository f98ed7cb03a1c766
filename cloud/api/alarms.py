"""The alarms: list, explain, acknowledge, comment."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from cloud.alarms.book import key_of
from cloud.api.audit import write_audit
from cloud.api.deps import Centre, UnknownThingError
from cloud.api.guard import CentreDep, IdentityDep
from cloud.api.pages import Cursor, Limit, Page, decode_cursor, encode_cursor
from cloud.rules import handling
from cloud.rules.desk import Remark as Deed
from cloud.store.base import AlarmFilter, AlarmHistoryRow, AlarmRow

router = APIRouter(prefix="/api/v1", tags=["alarms"])
MAX_COMMENT = 2_000


class Remark(BaseModel):
    """What the operator says; may be empty when acknowledging."""

    model_config = ConfigDict(
        extra="forbid", str_strip_whitespace=True, json_schema_extra={"examples": [{"comment": "Đã gọi UBND phường."}]}
    )
    comment: str = Field("", max_length=MAX_COMMENT)


class Comment(Remark):
    """What somebody adds to an alarm."""

    comment: str = Field(min_length=1, max_length=MAX_COMMENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmView(AlarmRow):
    """An alarm, and why nobody is told of it now: shelved, out_of_service, flapping, or empty."""

    silenced: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmDetail(AlarmView):
    """An alarm with what happened to it, oldest first."""

    history: tuple[AlarmHistoryRow, ...] = ()


@router.get("/alarms", summary="Alarms, newest first")
async def list_alarms(
    centre: CentreDep,
    open: Annotated[bool | None, Query(description="true: only open ones; false: only closed.")] = None,  # noqa: A002
    site: Annotated[str | None, Query(max_length=64)] = None,
    gateway: Annotated[str | None, Query(max_length=64)] = None,
    severity: Annotated[int | None, Query(ge=1, le=4, description="1 = most urgent")] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[AlarmView]:
    """Technical alarms inside the centre; no official warning to the public."""
    return await alarms_page(centre, AlarmFilter(open, site, gateway, severity), cursor=cursor, limit=limit)


@router.get("/alarms/{alarm}", summary="One alarm with its history")
async def one_alarm(alarm: str, centre: CentreDep) -> AlarmDetail:
    """Why it was raised and what was done since."""
    row = await _known(centre, alarm)
    history = await asyncio.to_thread(centre.state.history, alarm)
    return AlarmDetail(**asdict(_view(centre, row)), history=tuple(history))


@router.post("/alarms/{alarm}/acknowledge", summary="Acknowledge")
async def acknowledge(alarm: str, remark: Remark, centre: CentreDep, identity: IdentityDep) -> AlarmRow:
    """Somebody has seen it and takes it on."""
    row = await centre.acknowledge(alarm, actor=identity.name, comment=remark.comment)
    await write_audit(centre, actor=identity.name, action="acknowledge", target=alarm, detail=remark.comment)
    return row


@router.post("/alarms/{alarm}/comment", summary="Comment")
async def comment(alarm: str, remark: Comment, centre: CentreDep, identity: IdentityDep) -> AlarmRow:
    """Adds a line to the alarm's history."""
    row = await centre.comment(alarm, actor=identity.name, comment=remark.comment)
    await write_audit(centre, actor=identity.name, action="comment", target=alarm, detail=remark.comment)
    return row


@router.post("/alarms/{alarm}/reset", summary="Reset an alarm that latched")
async def reset(alarm: str, remark: Remark, centre: CentreDep, identity: IdentityDep) -> AlarmView:
    """Lets go of it, once its value has returned and somebody has acknowledged it."""
    await _known(centre, alarm)
    await centre.act(handling.reset(alarm, Deed(identity.name, remark.comment)))
    await write_audit(centre, actor=identity.name, action="reset", target=alarm, detail=remark.comment)
    return _view(centre, await _known(centre, alarm))


async def alarms_page(centre: Centre, wanted: AlarmFilter, *, cursor: str | None, limit: int) -> Page[AlarmView]:
    """One page of alarms; one more is asked for, to know whether there is a next page."""
    before = decode_cursor(cursor)
    rows = await asyncio.to_thread(centre.state.alarms, wanted, before=before, limit=limit + 1)
    page = [_view(centre, row) for row in rows[:limit]]
    return Page(items=page, next=encode_cursor(page[-1].id) if len(rows) > limit else None)


async def _known(centre: Centre, alarm: str) -> AlarmRow:
    row = await asyncio.to_thread(centre.state.alarm, alarm)
    if row is None:
        raise UnknownThingError(f"There is no alarm {alarm!r}.")
    return row


def _view(centre: Centre, row: AlarmRow) -> AlarmView:
    why = centre.mutes().shown(key_of(row), site=row.site, now=centre.clock.now_ms()) if row.open else ""
    return AlarmView(**asdict(row), silenced=why)
