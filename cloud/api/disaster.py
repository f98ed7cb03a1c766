"""Official bulletins that people copy, word for word and with their source. Everything is audited."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from cloud.api.audit import write_audit
from cloud.api.deps import Centre, RefusedOrderError, UnknownThingError, WrongStateError
from cloud.api.guard import CentreDep, IdentityDep
from cloud.api.pages import Cursor, Limit, Page, decode_cursor, encode_cursor
from cloud.errors import StateConflictError
from cloud.store.disaster_port import BulletinRow

router = APIRouter(prefix="/api/v1/disaster", tags=["disaster"])
Hazard = Literal["flood", "flash_flood", "rain", "storm", "reservoir", "landslide", "heat", "cold", "other"]
HAZARDS: tuple[Hazard, ...] = (
    "flood", "flash_flood", "rain", "storm", "reservoir", "landslide", "heat", "cold", "other",
)  # fmt: skip
AHEAD_MS = 300_000  # an issue time may be so far ahead of our clock
Words = Annotated[str, Field(min_length=1, max_length=500)]
Area = Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9._:-]*$")]


class NewBulletin(BaseModel):
    """What the agency said, word for word, and where it stands."""

    model_config = ConfigDict(
        extra="forbid",
        str_strip_whitespace=True,
        json_schema_extra={
            "examples": [
                {
                    "agency": "Đài Khí tượng Thủy văn tỉnh",
                    "number": "LULU-12/09h30",
                    "hazard": "flood",
                    "risk": 3,
                    "issued_at": 1725849000000,
                    "title": "Tin lũ khẩn cấp trên sông Thao",
                    "text": "Lúc 09 giờ, mực nước tại Yên Bái 33,80 m, trên báo động III 1,80 m.",
                    "source": "https://kttv.example/tin-lu/12",
                }
            ]
        },
    )
    agency: str = Field(min_length=1, max_length=120, description="Who issued it.")
    number: str = Field("", max_length=60, description="Its number.")
    hazard: Hazard = Field(description="What it is about.")
    risk: int = Field(0, ge=0, le=5, description="Disaster risk level that it announces itself; 0 = none.")
    area: Area = Field("", description="Area that it is meant for; empty = the whole province.")
    issued_at: int = Field(gt=0, le=2**53, description="ms since 1970 UTC.")
    valid_until: int | None = Field(None, gt=0, le=2**53, description="ms since 1970 UTC; left out = it does not say.")
    title: str = Field(min_length=1, max_length=200)
    text: str = Field(min_length=1, max_length=6000)
    source: Words = Field(description="Address or document that it was copied from.")


class Withdrawal(BaseModel):
    """Why a copy is not shown any more."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    reason: Words


@router.get("/bulletins", summary="Official bulletins, as they were copied")
async def list_bulletins(
    centre: CentreDep,
    in_force: Annotated[bool, Query(description="Only what holds now, newest issue first.")] = True,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[BulletinRow]:
    """Each with its agency, its source and who copied it; withdrawn ones too when `in_force` is false."""
    office = centre.disaster
    if in_force:
        return Page(items=list(await asyncio.to_thread(office.bulletins)), next=None)
    rows, after = await asyncio.to_thread(office.former_bulletins, before=decode_cursor(cursor), limit=limit)
    return Page(items=list(rows), next=encode_cursor(after) if after else None)


@router.post("/bulletins", summary="Copy an official bulletin", status_code=201)
async def copy_bulletin(wanted: NewBulletin, centre: CentreDep, identity: IdentityDep) -> BulletinRow:
    """Only what the agency said: our own findings are alarms."""
    now = centre.clock.now_ms()
    check_area(centre, wanted.area, needed=False)
    if wanted.issued_at > now + AHEAD_MS:
        raise RefusedOrderError("It cannot have been issued in the future.")
    if wanted.valid_until is not None and wanted.valid_until <= wanted.issued_at:
        raise RefusedOrderError("It ends before it begins.")
    mark = digest(identity.name, wanted.agency, wanted.number, wanted.title)
    row = BulletinRow(f"{now:012x}{mark}", now, identity.name, **wanted.model_dump())
    try:
        await asyncio.to_thread(centre.disaster.store.put_bulletin, row)
    except StateConflictError as error:
        raise WrongStateError("This bulletin is kept already.") from error
    detail = f"{row.agency}: {row.title} ({row.source})"
    await write_audit(centre, actor=identity.name, action="bulletin_copied", target=row.id, detail=detail)
    return row


@router.post("/bulletins/{bulletin}/withdraw", summary="Take a wrong copy of a bulletin back")
async def withdraw_bulletin(bulletin: str, wanted: Withdrawal, centre: CentreDep, identity: IdentityDep) -> BulletinRow:
    """It is shown no more, and stays in the records with the reason."""
    store, now = centre.disaster.store, centre.clock.now_ms()
    if await asyncio.to_thread(centre.disaster.bulletin, bulletin) is None:
        raise UnknownThingError(f"There is no bulletin {bulletin!r}.")
    if not await asyncio.to_thread(
        store.withdraw_bulletin, bulletin, at=now, actor=identity.name, reason=wanted.reason
    ):
        raise WrongStateError("This bulletin is withdrawn already.")
    await write_audit(centre, actor=identity.name, action="bulletin_withdrawn", target=bulletin, detail=wanted.reason)
    row = await asyncio.to_thread(store.bulletin, bulletin)
    if row is None:
        raise UnknownThingError(f"There is no bulletin {bulletin!r}.")
    return row


def check_area(centre: Centre, area: str, *, needed: bool) -> None:
    """Refuses an area that does not exist, or is not in sight; without one, whoever sees but a part of the province."""
    if (area or needed) and area not in centre.area_names():
        raise RefusedOrderError(f"There is no area {area!r}.")
    if not centre.disaster.sees(area):
        raise RefusedOrderError(f"There is no area {area!r} in your sight.")


def digest(*parts: str) -> str:
    """A few letters that tell two things of the same millisecond apart."""
    return hashlib.blake2s("\0".join(parts).encode(), digest_size=6).hexdigest()
