"""Writes down who did what; shows the chained log to administrators, verifies it, and hands it out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from cloud.api.deps import Centre
from cloud.api.guard import CentreDep, IdentityDep
from cloud.api.pages import Cursor, Limit, Page, decode_cursor, encode_cursor
from cloud.api.problems import ProblemError
from cloud.store.audit_chain import ChainVerdict, known_head, verify
from cloud.store.audit_port import AuditFilter, AuditLog, ChainedRow, ChainEnd
from cloud.store.base import AuditRow

ROWS_AT_ONCE = 1000
Word = Annotated[str, Query(max_length=200)]
Time = Annotated[int | None, Query(ge=0, description="ms since 1970 UTC.")]

router = APIRouter(prefix="/api/v1", tags=["audit"])


class Verification(BaseModel):
    """What a walk over the whole log found."""

    rows: int = Field(description="Rows that were read.")
    first: int = Field(description="Number of the first row that is kept.")
    head: ChainEnd = Field(description="The newest row: keep it elsewhere, and give it the next time.")
    noted_is_there: bool | None = Field(description="Whether the row that you noted is still there; null = none given.")
    faults: list[dict[str, str | int]]


async def write_audit(centre: Centre, *, actor: str, action: str, target: str = "", detail: str = "") -> None:
    """Appends one row to the audit log."""
    row = AuditRow(centre.clock.now_ms(), actor, action, target, detail)
    await asyncio.to_thread(centre.state.put_audit, row)


@router.get("/audit", summary="The audit log, newest first")
async def list_audit(
    centre: CentreDep,
    limit: Limit = 100,
    cursor: Cursor = None,
    *,
    actor: Word = "",
    action: Word = "",
    target: Word = "",
    begin: Time = None,
    end: Time = None,
) -> Page[ChainedRow]:
    """Each row with its digest and that of the row before it."""
    wanted = AuditFilter(actor, action, target, begin, end)
    before = number_in(cursor)
    rows = await asyncio.to_thread(centre.state.audit_log.newest, wanted, before=before, limit=limit + 1)
    more = encode_cursor(str(rows[limit - 1].number)) if len(rows) > limit else None
    return Page(items=list(rows[:limit]), next=more)


@router.get("/audit/verify", summary="Whether the audit log is whole")
async def verify_audit(
    centre: CentreDep,
    number: Annotated[int, Query(ge=0, description="Of a row that you noted before.")] = 0,
    digest: Annotated[str, Query(pattern="^([0-9a-f]{64})?$", description="Of the same row.")] = "",
) -> Verification:
    """Reads all of it: a changed, missing or cut row is named with its number."""
    log = centre.state.audit_log
    verdict = await asyncio.to_thread(verdict_on, log)
    noted = ChainEnd(number, digest)
    there = await asyncio.to_thread(is_there, log, noted) if number and digest else None
    faults: list[dict[str, str | int]] = [asdict(fault) for fault in verdict.faults]
    return Verification(rows=verdict.rows, first=verdict.first, head=verdict.head, noted_is_there=there, faults=faults)


@router.get("/audit/export", summary="The audit log as JSON lines", response_class=StreamingResponse)
async def export_audit(centre: CentreDep, identity: IdentityDep) -> StreamingResponse:
    """All of it, oldest first, a row on each line with its digests; that it was taken is written down."""
    await write_audit(centre, actor=identity.name, action="audit_export")
    head = (await asyncio.to_thread(centre.state.audit_log.ends)).head.number
    headers = {"Content-Disposition": f'attachment; filename="thacba-audit-{head}.jsonl"'}
    return StreamingResponse(_lines(centre.state.audit_log), media_type="application/jsonl", headers=headers)


def every_row(log: AuditLog, *, after: int = 0) -> Iterator[ChainedRow]:
    """The whole log, oldest first, a thousand rows in memory at a time."""
    while rows := log.following(after, limit=ROWS_AT_ONCE):
        yield from rows
        after = rows[-1].number


def verdict_on(log: AuditLog) -> ChainVerdict:
    """Walks over the log; rows that come in meanwhile are left for the next time."""
    ends = log.ends()
    return verify((row for row in every_row(log) if row.number <= ends.head.number), ends)


def is_there(log: AuditLog, noted: ChainEnd) -> bool:
    """Whether a row that somebody noted is still the one that it was."""
    return known_head(log.following(noted.number - 1, limit=1), noted)


def line_of(row: ChainedRow) -> str:
    """A row as it is handed out."""
    return json.dumps(asdict(row), ensure_ascii=False) + "\n"


def number_in(cursor: str | None) -> int | None:
    """The number behind which a page starts."""
    key = decode_cursor(cursor)
    if key is not None and not (key.isascii() and key.isdigit() and len(key) < 19):
        raise ProblemError(400, "cursor", "The cursor is not one that this API gave out.")
    return None if key is None else int(key)


async def _lines(log: AuditLog) -> AsyncIterator[str]:
    after = 0
    while rows := await asyncio.to_thread(log.following, after, limit=ROWS_AT_ONCE):
        yield "".join(map(line_of, rows))
        after = rows[-1].number
