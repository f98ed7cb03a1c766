"""Notes between shifts: who hands over to whom, what they say, and the incidents that were open then."""

from __future__ import annotations

import asyncio
import hashlib
import json

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from cloud.access.sessions import Identity
from cloud.api.alarms import MAX_COMMENT, check_assignee
from cloud.api.audit import write_audit
from cloud.api.deps import Centre, RefusedOrderError, WrongStateError
from cloud.api.guard import CentreDep, IdentityDep
from cloud.api.pages import Cursor, Limit, Page, decode_cursor, encode_cursor
from cloud.errors import StateConflictError
from cloud.incidents.casebook import tier_of
from cloud.store.incident_files_port import HandoverRow
from cloud.store.incident_port import IncidentFilter, IncidentRow

router = APIRouter(prefix="/api/v1/incidents/handover", tags=["incidents"])
MOST = 500  # open incidents of one note, the gravest first


class NewHandover(BaseModel):
    """To whom, and what they must know."""

    model_config = ConfigDict(
        extra="forbid",
        str_strip_whitespace=True,
        json_schema_extra={"examples": [{"to": "minh", "note": "Sông Thao còn lên; đã báo UBND phường Hồng Hà."}]},
    )
    to: str = Field(min_length=1, max_length=120, description="Name of a user.")
    note: str = Field(min_length=1, max_length=MAX_COMMENT)


class OpenIncident(BaseModel):
    """An incident as it stood when the shift changed."""

    id: str
    title: str
    severity: int
    state: str
    assignee: str
    next_due_at: int | None
    overdue: bool
    escalated_to: int


class Handover(BaseModel):
    """A note between shifts; `open` is how many incidents were open, of which `incidents` names up to 500."""

    id: str
    at: int
    giver: str
    taker: str
    note: str
    open: int
    incidents: list[OpenIncident]


_LISTED = TypeAdapter(list[OpenIncident])


@router.get("", summary="Notes between shifts, newest first")
async def list_handovers(centre: CentreDep, cursor: Cursor = None, limit: Limit = 20) -> Page[Handover]:
    """Who handed over to whom, with the incidents that were open then."""
    before = decode_cursor(cursor)
    rows = await asyncio.to_thread(centre.incident_files.handovers, before=before, limit=limit + 1)
    page = [_shown(row) for row in rows[:limit]]
    return Page(items=page, next=encode_cursor(page[-1].id) if len(rows) > limit else None)


@router.post("", summary="Hand the shift over", status_code=201)
async def hand_over(wanted: NewHandover, centre: CentreDep, identity: IdentityDep) -> Handover:
    """Who asks hands over; the open incidents are written down as they stand."""
    await check_assignee(centre, wanted.to)
    if wanted.to == identity.name:
        raise RefusedOrderError("A shift is handed over to somebody else.")
    row = await asyncio.to_thread(_row, centre, identity, wanted)
    try:
        await asyncio.to_thread(centre.incident_files.put_handover, row)
    except StateConflictError as error:
        raise WrongStateError("This note is kept already.") from error
    await write_audit(centre, actor=identity.name, action="handover", target=wanted.to, detail=wanted.note)
    return _shown(row)


def _row(centre: Centre, identity: Identity, wanted: NewHandover) -> HandoverRow:
    now, found = centre.clock.now_ms(), _open_incidents(centre)
    listed = [_summary(centre, row, now) for row in sorted(found, key=lambda row: (row.severity, row.id))[:MOST]]
    content = json.dumps({"open": len(found), "incidents": _LISTED.dump_python(listed)}, ensure_ascii=False)
    digest = hashlib.blake2s(f"{identity.name}\0{wanted.to}\0{wanted.note}".encode(), digest_size=6).hexdigest()
    return HandoverRow(f"{now:012x}{digest}", now, identity.name, wanted.to, wanted.note, content)


def _open_incidents(centre: Centre) -> list[IncidentRow]:
    found: list[IncidentRow] = []
    before: str | None = None
    while True:
        page = centre.incidents.incidents(IncidentFilter(open=True), before=before, limit=MOST)
        found += page
        if len(page) < MOST:
            return found
        before = page[-1].id


def _summary(centre: Centre, row: IncidentRow, now: int) -> OpenIncident:
    return OpenIncident(
        id=row.id,
        title=row.title,
        severity=row.severity,
        state=row.state,
        assignee=row.assignee,
        next_due_at=row.next_due_at,
        overdue=row.next_due_at is not None and row.next_due_at < now,
        escalated_to=int(tier_of(row, now, centre.regulation)),
    )


def _shown(row: HandoverRow) -> Handover:
    content = json.loads(row.incidents)
    incidents = _LISTED.validate_python(content["incidents"])
    return Handover(
        id=row.id, at=row.at, giver=row.giver, taker=row.taker, note=row.note, open=content["open"], incidents=incidents
    )
