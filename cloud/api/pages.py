"""Cursor pages: a bounded list and the opaque mark from which the next one starts."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from heapq import nsmallest
from itertools import count
from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, Field

from cloud.api.problems import ProblemError

Item = TypeVar("Item")
Limit = Annotated[int, Query(ge=1, le=500, description="How many items at most.")]
Cursor = Annotated[str | None, Query(max_length=400, description="`next` of the page before.")]


class Page(BaseModel, Generic[Item]):
    """Items in a steady order, and where the next page starts (null = this is the last)."""

    items: list[Item]
    next: str | None = Field(None, description="Give it as `cursor` to get the next page.")


def encode_cursor(key: str) -> str:
    """The key of the last item of a page, as an opaque text."""
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def decode_cursor(cursor: str | None) -> str | None:
    """The key in a cursor; 400 when nobody gave it out."""
    if cursor is None:
        return None
    try:
        return base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except ValueError as error:  # not ASCII, not base64, or not UTF-8 inside
        raise ProblemError(400, "cursor", "The cursor is not one that this API gave out.") from error


def page_of(items: Sequence[Item], key: Callable[[Item], str], *, cursor: str | None, limit: int) -> Page[Item]:
    """The page of a list in memory, sorted by key, that starts behind the cursor."""
    after = decode_cursor(cursor)
    keys = zip(map(key, items), count(), strict=False)
    rest = nsmallest(limit + 1, keys if after is None else (each for each in keys if each[0] > after))
    page = rest[:limit]
    next_page = encode_cursor(page[-1][0]) if len(rest) > limit else None
    return Page(items=[items[place] for _, place in page], next=next_page)
