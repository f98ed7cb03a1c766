"""Evacuations of communes: begin, tick steps, take ticks back, end. Everything is audited."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from cloud.api.audit import write_audit
from cloud.api.deps import Centre, RefusedOrderError, UnknownThingError, WrongStateError
from cloud.api.disaster import Area, Words, check_area, digest
from cloud.api.guard import CentreDep, IdentityDep
from cloud.api.pages import Cursor, Limit, Page, decode_cursor, encode_cursor
from cloud.disaster.evacuation import Standing, standing, written
from cloud.disaster.plan import Step
from cloud.errors import StateConflictError
from cloud.store.disaster_port import EvacuationLine, EvacuationRow

router = APIRouter(prefix="/api/v1/disaster", tags=["disaster"])


class NewEvacuation(BaseModel):
    """Which commune, and why."""

    model_config = ConfigDict(
        extra="forbid",
        str_strip_whitespace=True,
        json_schema_extra={"examples": [{"area": "phuong-yen-bai", "reason": "Sông Thao vượt báo động III"}]},
    )
    area: Area = Field(min_length=1, description="The commune.")
    reason: Words


class Tick(BaseModel):
    """A step that is done, or is not after all."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    step: str = Field(min_length=1, max_length=64)
    done: bool = True
    count: int | None = Field(None, ge=0, le=10_000_000, description="Households or people, of a step that counts.")
    note: str = Field("", max_length=500)


class Closing(BaseModel):
    """How it ended."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    note: Words


class StepView(BaseModel):
    """A step as it stands; `at` is None while nobody has touched it."""

    step: Step
    done: bool
    count: int | None = None
    at: int | None = None
    actor: str = ""
    note: str = ""


class EvacuationView(BaseModel):
    """An evacuation with its checklist and every line of its history, oldest first."""

    id: str
    area: str
    reason: str
    opened_at: int
    opened_by: str
    closed_at: int | None
    closed_by: str
    closed_note: str
    steps: list[StepView]
    lines: list[EvacuationLine]


@router.get("/evacuations", summary="Evacuations of communes, newest first")
async def list_evacuations(
    centre: CentreDep,
    over: Annotated[bool, Query(description="Also what is over.")] = False,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[EvacuationView]:
    """Each with its checklist."""
    page, before = centre.disaster.evacuation_page, decode_cursor(cursor)
    found, after = await asyncio.to_thread(page, open_only=not over, before=before, limit=limit)
    return Page(items=[_view(each) for each in found], next=encode_cursor(after) if after else None)


@router.post("/evacuations", summary="Begin an evacuation", status_code=201)
async def begin_evacuation(wanted: NewEvacuation, centre: CentreDep, identity: IdentityDep) -> EvacuationView:
    """One of a commune is open at a time; it takes the checklist of the plan as it is now."""
    check_area(centre, wanted.area, needed=True)
    now, office = centre.clock.now_ms(), centre.disaster
    identifier = f"{now:012x}{digest(identity.name, wanted.area)}"
    row = EvacuationRow(identifier, wanted.area, wanted.reason, written(office.plan.steps), now, identity.name)
    try:
        await asyncio.to_thread(office.store.open_evacuation, row)
    except StateConflictError as error:
        raise WrongStateError("An evacuation of this commune is open already.") from error
    await _audit(centre, identity.name, "evacuation_begun", row.id, f"{row.area}: {row.reason}")
    return _view(standing(row, []))


@router.get("/evacuations/{evacuation}", summary="One evacuation")
async def one_evacuation(evacuation: str, centre: CentreDep) -> EvacuationView:
    """Its checklist, and every line of its history."""
    return _view(await known_evacuation(centre, evacuation))


@router.post("/evacuations/{evacuation}/tick", summary="Tick a step, or take the tick back")
async def tick(evacuation: str, wanted: Tick, centre: CentreDep, identity: IdentityDep) -> EvacuationView:
    """Who, when, how many; a tick that is taken back stays in the history."""
    found = await known_evacuation(centre, evacuation)
    step = found.step(wanted.step)
    if step is None:
        raise RefusedOrderError(f"The checklist has no step {wanted.step!r}.")
    count = wanted.count if step.counts and wanted.done else None
    line = EvacuationLine(0, evacuation, step.id, wanted.done, count, centre.clock.now_ms(), identity.name, wanted.note)
    if not await asyncio.to_thread(centre.disaster.store.put_line, line):
        raise WrongStateError("This evacuation is over.")
    said = " ".join(part for part in (step.id, "" if count is None else str(count), wanted.note) if part)
    await _audit(centre, identity.name, "evacuation_tick" if wanted.done else "evacuation_untick", evacuation, said)
    return _view(await known_evacuation(centre, evacuation))


@router.post("/evacuations/{evacuation}/close", summary="End an evacuation")
async def close_evacuation(
    evacuation: str, wanted: Closing, centre: CentreDep, identity: IdentityDep
) -> EvacuationView:
    """With words on how it ended; also with open steps, which then stay open for ever."""
    await known_evacuation(centre, evacuation)
    close, now = centre.disaster.store.close_evacuation, centre.clock.now_ms()
    if not await asyncio.to_thread(close, evacuation, at=now, actor=identity.name, note=wanted.note):
        raise WrongStateError("This evacuation is over.")
    await _audit(centre, identity.name, "evacuation_closed", evacuation, wanted.note)
    return _view(await known_evacuation(centre, evacuation))


async def known_evacuation(centre: Centre, identifier: str) -> Standing:
    """One of them; UnknownThingError."""
    found = await asyncio.to_thread(centre.disaster.evacuation, identifier)
    if found is None:
        raise UnknownThingError(f"There is no evacuation {identifier!r}.")
    return found


def _view(found: Standing) -> EvacuationView:
    row = found.row
    return EvacuationView(
        id=row.id, area=row.area, reason=row.reason, opened_at=row.opened_at, opened_by=row.opened_by,
        closed_at=row.closed_at, closed_by=row.closed_by, closed_note=row.closed_note,
        steps=[
            StepView(step=each.step, done=each.done)
            if each.line is None
            else StepView(
                step=each.step, done=each.done, count=each.line.count, at=each.line.at, actor=each.line.actor,
                note=each.line.note,
            )
            for each in found.steps
        ],
        lines=list(found.lines),
    )  # fmt: skip


async def _audit(centre: Centre, actor: str, action: str, target: str, detail: str) -> None:
    await write_audit(centre, actor=actor, action=action, target=target, detail=detail)
