"""The dead letters: list them, look into one, try it again, or discard it with a reason."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from cloud.api.deps import Centre
from cloud.api.guard import CentreDep, IdentityDep
from cloud.api.pages import Cursor, Limit, Page, decode_cursor, encode_cursor
from cloud.api.problems import ProblemError
from cloud.api.views import DeadLetterDetail, DeadLetterView, LetterFilter

router = APIRouter(prefix="/api/v1/dead-letters", tags=["dead letters"])
Letter = Annotated[str, Path(pattern="^[0-9a-f]{16}$")]
Instant = Annotated[int | None, Query(ge=0, le=2**53, description="ms since 1970 UTC, of the refusal")]


class Farewell(BaseModel):
    """Why somebody gives readings up for good."""

    model_config = ConfigDict(
        extra="forbid", str_strip_whitespace=True, json_schema_extra={"examples": [{"reason": "Thiết bị thử nghiệm."}]}
    )
    reason: str = Field(min_length=1, max_length=500)


@router.get("", summary="Dead letters, newest first")
async def list_letters(
    centre: CentreDep,
    gateway: Annotated[str | None, Query(max_length=64)] = None,
    reason: Annotated[str | None, Query(max_length=200)] = None,
    begin: Instant = None,
    end: Instant = None,
    state: Literal["open", "retried", "discarded", "any"] = "open",
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[DeadLetterView]:
    """Readings that were refused; open ones are never deleted."""
    wanted = LetterFilter(gateway, reason, begin, end, None if state == "any" else state)
    return await letters_page(centre, wanted, cursor=cursor, limit=limit)


@router.get("/{letter}", summary="One dead letter with its readings")
async def one_letter(letter: Letter, centre: CentreDep) -> DeadLetterDetail:
    """What exactly was refused."""
    return await centre.letters.one(letter)


@router.post("/{letter}/retry", summary="Try again")
async def retry_letter(letter: Letter, centre: CentreDep, identity: IdentityDep) -> DeadLetterView:
    """Checks and stores its readings again, after a profile or the store was mended; what fails again stays here."""
    return await centre.letters.retry(letter, actor=identity.name)


@router.post("/{letter}/discard", summary="Discard for good")
async def discard_letter(
    letter: Letter, farewell: Farewell, centre: CentreDep, identity: IdentityDep
) -> DeadLetterView:
    """Its readings count as dropped from now on, with the reason `discarded`."""
    return await centre.letters.discard(letter, actor=identity.name, reason=farewell.reason)


async def letters_page(centre: Centre, wanted: LetterFilter, *, cursor: str | None, limit: int) -> Page[DeadLetterView]:
    """One page of letters."""
    before = decode_cursor(cursor)
    if before is not None and not _is_place(before):
        raise ProblemError(400, "cursor", "The cursor is not one that this API gave out.")
    letters, following = await centre.letters.page(wanted, before=before, limit=limit)
    return Page(items=list(letters), next=encode_cursor(following) if following else None)


def _is_place(key: str) -> bool:
    day, _, offset = key.partition(":")
    return len(day) == 10 and offset.isdecimal()
