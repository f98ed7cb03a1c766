"""What the centre sent out, to whom, by which ways, who is to be telephoned; and what it refused to believe."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Query

from cloud.api.alarms import Remark
from cloud.api.audit import write_audit
from cloud.api.deps import Centre, UnknownThingError, WrongStateError
from cloud.api.guard import CentreDep, IdentityDep
from cloud.api.pages import Cursor, Limit, Page, decode_cursor, encode_cursor
from cloud.api.problems import ProblemError
from cloud.notify.recipient import person_of
from cloud.notify.way import CALLING
from cloud.people.people import CALL_LIST
from cloud.store.base import NoticeRow, RejectRow
from cloud.store.notice_port import AttemptRow, NoticeFilter

router = APIRouter(prefix="/api/v1", tags=["operation"])
Word = Annotated[str | None, Query(max_length=200)]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeView(NoticeRow):
    """A notice with every attempt to send it, oldest first; those of a digest stand with the digest."""

    tried: tuple[AttemptRow, ...] = ()


@router.get("/notices", summary="Notices, newest first")
async def list_notices(
    centre: CentreDep,
    state: Annotated[str | None, Query(pattern="^(pending|calling|sent|shared|digest|failed)$")] = None,
    recipient: Annotated[
        str | None, Query(max_length=80, description="A channel, `team:<id>` or `person:<id>`.")
    ] = None,
    alarm: Word = None,
    severity: Annotated[int | None, Query(ge=1, le=4, description="1 = most urgent")] = None,
    digest: Annotated[str | None, Query(max_length=200, description="Key of a notice: what went out in it.")] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[NoticeView]:
    """Sent or not, with every attempt. `state=calling` is the call list: people who are to be telephoned."""
    wanted = NoticeFilter(state, recipient, alarm, severity, digest)
    before = _place(cursor)
    rows = await asyncio.to_thread(centre.notices.page, wanted, before=before, limit=limit + 1)
    page = rows[:limit]
    last = f"{page[-1].created_at} {page[-1].key}" if len(rows) > limit else None
    return Page(items=await _with_attempts(centre, page), next=encode_cursor(last) if last else None)


@router.post("/notices/{key}/called", summary="Tick somebody of the call list as called")
async def called(key: str, remark: Remark, centre: CentreDep, identity: IdentityDep) -> NoticeView:
    """Somebody was telephoned: the notice has arrived, and no other way is tried."""
    row = await asyncio.to_thread(centre.notices.notice, key)
    if row is None:
        raise UnknownThingError(f"There is no notice {key!r}.")
    done = replace(row, state="sent", via=CALL_LIST, error="", attempts=row.attempts + 1)
    at, person = centre.clock.now_ms(), person_of(row.channel)
    record = AttemptRow(key, CALL_LIST, person, at, "called", remark.comment, identity.name)
    if row.state != CALLING or not await asyncio.to_thread(centre.notices.tick_called, done, record):
        raise WrongStateError(f"A notice that is {row.state} is not on the call list.")
    await write_audit(centre, actor=identity.name, action="called", target=key, detail=remark.comment)
    return (await _with_attempts(centre, [done]))[0]


@router.get("/rejects", summary="The newest refused messages")
async def list_rejects(centre: CentreDep, limit: Limit = 100) -> Page[RejectRow]:
    """Newest first, with the reason and the first bytes in hex."""
    return Page(items=list(await asyncio.to_thread(centre.state.rejects, limit=limit)), next=None)


async def _with_attempts(centre: Centre, rows: Sequence[NoticeRow]) -> list[NoticeView]:
    tried: dict[str, list[AttemptRow]] = {row.key: [] for row in rows}
    for attempt in await asyncio.to_thread(centre.notices.attempts, list(tried)):
        tried[attempt.notice].append(attempt)
    return [NoticeView(**asdict(row), tried=tuple(tried[row.key])) for row in rows]


def _place(cursor: str | None) -> tuple[int, str] | None:
    """Where the page before ended."""
    text = decode_cursor(cursor)
    if text is None:
        return None
    at, _, key = text.partition(" ")
    if not at.isdecimal():
        raise ProblemError(400, "cursor", "The cursor is not one that this API gave out.")
    return int(at), key
