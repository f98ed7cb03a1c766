"""The security events: what was refused, from where, how often."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query

from cloud.api.guard import CentreDep
from cloud.api.pages import Cursor, Limit, Page, decode_cursor, encode_cursor
from cloud.api.problems import ProblemError
from cloud.store.enrolment_port import SecurityEventRow

router = APIRouter(prefix="/api/v1", tags=["security"])
LONGEST_NUMBER = 18  # what a database takes as a number
Word = Annotated[str, Query(max_length=64)]


@router.get("/security-events", summary="What was tried against the fleet, newest first")
async def list_events(
    centre: CentreDep, kind: Word = "", gateway: Word = "", cursor: Cursor = None, limit: Limit = 100
) -> Page[SecurityEventRow]:
    """The same from the same address within a minute is one event that counts (`times`)."""
    key = decode_cursor(cursor)
    if key is not None and not (key.isdecimal() and len(key) <= LONGEST_NUMBER):
        raise ProblemError(400, "cursor", "The cursor is not one that this API gave out.")
    before = None if key is None else int(key)
    find = centre.enrolment.store.events
    rows = await asyncio.to_thread(find, before=before, limit=limit + 1, kind=kind, gateway=gateway)
    page = list(rows[:limit])
    return Page(items=page, next=encode_cursor(str(page[-1].number)) if len(rows) > limit else None)
