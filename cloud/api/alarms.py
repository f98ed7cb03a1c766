"""The alarms: list, explain, acknowledge, comment."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass, fields
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from cloud.alarms.book import NOBODY, key_of
from cloud.api.audit import write_audit
from cloud.api.deps import Centre, RefusedOrderError, UnknownThingError
from cloud.api.guard import CentreDep, IdentityDep
from cloud.api.pages import Cursor, Limit, Page, decode_cursor, encode_cursor
from cloud.api.problems import ProblemError
from cloud.rules import handling
from cloud.rules.desk import Remark as Deed
from cloud.rules.naming import level_words
from cloud.store.base import AlarmFilter, AlarmHistoryRow, AlarmRow
from device_profiles.schema import Text

router = APIRouter(prefix="/api/v1", tags=["alarms"])
MAX_COMMENT = 2_000
LINES = 1_000  # of a history that come with its alarm


class Remark(BaseModel):
    """What the operator says; may be empty when acknowledging."""

    model_config = ConfigDict(
        extra="forbid", str_strip_whitespace=True, json_schema_extra={"examples": [{"comment": "Đã gọi UBND phường."}]}
    )
    comment: str = Field("", max_length=MAX_COMMENT)


class Comment(Remark):
    """What somebody adds to an alarm."""

    comment: str = Field(min_length=1, max_length=MAX_COMMENT)


class Assignment(BaseModel):
    """Whose task an alarm is; empty = nobody's."""

    model_config = ConfigDict(
        extra="forbid",
        str_strip_whitespace=True,
        json_schema_extra={"examples": [{"assignee": "lan", "comment": "Gọi trạm Yên Bái."}]},
    )
    assignee: str = Field("", max_length=120, description="Name of a user.")
    comment: str = Field("", max_length=MAX_COMMENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmView(AlarmRow):
    """An alarm, and why nobody is told of it now: shelved, out_of_service, suppressed, flapping, or empty.

    `level` is the identity of its level, `level_shown` what people read for it, null when it has none.
    """

    level_shown: Text | None
    silenced: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryView(AlarmHistoryRow):
    """One line of an alarm's history; `level_shown` is what people read for its level, null when it names none."""

    level_shown: Text | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmDetail(AlarmView):
    """An alarm with what happened to it, oldest first; `next_history` is where the rest of a long one starts."""

    history: tuple[HistoryView, ...] = ()
    next_history: str | None = None


async def wanted_alarms(
    open: Annotated[bool | None, Query(description="true: only open ones; false: only closed.")] = None,  # noqa: A002
    site: Annotated[str | None, Query(max_length=64)] = None,
    gateway: Annotated[str | None, Query(max_length=64)] = None,
    severity: Annotated[int | None, Query(ge=1, le=4, description="1 = most urgent")] = None,
    device: Annotated[str | None, Query(max_length=64)] = None,
    rule: Annotated[str | None, Query(max_length=64)] = None,
    assignee: Annotated[str | None, Query(max_length=120, description="Empty: nobody's.")] = None,
) -> AlarmFilter:
    """The filters of a list."""
    return AlarmFilter(open, site, gateway, severity, device, rule, assignee)


@router.get("/alarms", summary="Alarms, newest first")
async def list_alarms(
    centre: CentreDep,
    wanted: Annotated[AlarmFilter, Depends(wanted_alarms)],
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[AlarmView]:
    """Technical alarms inside the centre; no official warning to the public."""
    return await alarms_page(centre, wanted, cursor=cursor, limit=limit)


@router.get("/alarms/{alarm}", summary="One alarm with its history")
async def one_alarm(alarm: str, centre: CentreDep) -> AlarmDetail:
    """Why it was raised and what was done since."""
    row = await _known(centre, alarm)
    page = await _history(centre, row, skip=0, limit=LINES)
    return AlarmDetail(**_facts(alarm_view(centre, row)), history=tuple(page.items), next_history=page.next)


@router.get("/alarms/{alarm}/history", summary="What happened to an alarm, oldest first")
async def alarm_history(alarm: str, centre: CentreDep, cursor: Cursor = None, limit: Limit = 100) -> Page[HistoryView]:
    """Every raise, escalation, return and deed, with the time of the reading, the value, who and why."""
    row = await _known(centre, alarm)
    skip = decode_cursor(cursor) or "0"
    if not skip.isdecimal():
        raise ProblemError(400, "cursor", "The cursor is not one that this API gave out.")
    return await _history(centre, row, skip=int(skip), limit=limit)


@router.post("/alarms/{alarm}/acknowledge", summary="Acknowledge")
async def acknowledge(alarm: str, remark: Remark, centre: CentreDep, identity: IdentityDep) -> AlarmView:
    """Somebody has seen it and takes it on."""
    row = await centre.acknowledge(alarm, actor=identity.name, comment=remark.comment)
    await write_audit(centre, actor=identity.name, action="acknowledge", target=alarm, detail=remark.comment)
    return alarm_view(centre, row)


@router.post("/alarms/{alarm}/comment", summary="Comment")
async def comment(alarm: str, remark: Comment, centre: CentreDep, identity: IdentityDep) -> AlarmView:
    """Adds a line to the alarm's history."""
    row = await centre.comment(alarm, actor=identity.name, comment=remark.comment)
    await write_audit(centre, actor=identity.name, action="comment", target=alarm, detail=remark.comment)
    return alarm_view(centre, row)


@router.post("/alarms/{alarm}/reset", summary="Reset an alarm that latched")
async def reset(alarm: str, remark: Remark, centre: CentreDep, identity: IdentityDep) -> AlarmView:
    """Lets go of it, once its value has returned and somebody has acknowledged it."""
    await _known(centre, alarm)
    await centre.act(handling.reset(alarm, Deed(identity.name, remark.comment)))
    await write_audit(centre, actor=identity.name, action="reset", target=alarm, detail=remark.comment)
    return alarm_view(centre, await _known(centre, alarm))


@router.post("/alarms/{alarm}/assign", summary="Assign to somebody")
async def assign(alarm: str, task: Assignment, centre: CentreDep, identity: IdentityDep) -> AlarmView:
    """Makes an open alarm somebody's task; an empty name takes it back."""
    await _known(centre, alarm)
    await check_assignee(centre, task.assignee)
    await centre.act(handling.assign(alarm, task.assignee, Deed(identity.name, task.comment)))
    detail = f"{task.assignee or NOBODY}: {task.comment}".rstrip(": ")
    await write_audit(centre, actor=identity.name, action="assign", target=alarm, detail=detail)
    return alarm_view(centre, await _known(centre, alarm))


async def check_assignee(centre: Centre, assignee: str) -> None:
    """A task for somebody who cannot log in would be nobody's."""
    user = await asyncio.to_thread(centre.state.user, assignee) if assignee else None
    if assignee and (user is None or user.disabled):
        raise RefusedOrderError(f"There is nobody called {assignee!r}.")


async def alarms_page(centre: Centre, wanted: AlarmFilter, *, cursor: str | None, limit: int) -> Page[AlarmView]:
    """One page of alarms; one more is asked for, to know whether there is a next page."""
    before = decode_cursor(cursor)
    rows = await asyncio.to_thread(centre.state.alarms, wanted, before=before, limit=limit + 1)
    page = [alarm_view(centre, row) for row in rows[:limit]]
    return Page(items=page, next=encode_cursor(page[-1].id) if len(rows) > limit else None)


async def _history(centre: Centre, row: AlarmRow, *, skip: int, limit: int) -> Page[HistoryView]:
    lines = await asyncio.to_thread(centre.state.history, row.id, skip=skip, limit=limit + 1)
    items = [
        HistoryView(**asdict(each), level_shown=words_or_none(centre, row.rule, each.level)) for each in lines[:limit]
    ]
    return Page(items=items, next=encode_cursor(str(skip + limit)) if len(lines) > limit else None)


async def _known(centre: Centre, alarm: str) -> AlarmRow:
    row = await asyncio.to_thread(centre.state.alarm, alarm)
    if row is None:
        raise UnknownThingError(f"There is no alarm {alarm!r}.")
    return row


def alarm_view(centre: Centre, row: AlarmRow) -> AlarmView:
    """The row, with what people read for its level, and why nobody is told of it now."""
    why = centre.mutes().shown(key_of(row), site=row.site, now=centre.clock.now_ms()) if row.open else ""
    return AlarmView(**asdict(row), level_shown=words_or_none(centre, row.rule, row.level), silenced=why)


def level_of(centre: Centre, rule: str, level: str) -> Text:
    """What people read for a level of a rule, as the rules that run call it."""
    return level_words(centre.rules.running.rules, rule, level)


def words_or_none(centre: Centre, rule: str, level: str) -> Text | None:
    """The same; None when there is no level."""
    return level_of(centre, rule, level) if level else None


def _facts(view: AlarmView) -> dict[str, Any]:
    return {each.name: getattr(view, each.name) for each in fields(view)}
