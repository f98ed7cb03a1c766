"""The live feed: server-sent events with the newest state of whatever changed.

Each event has an id; a client that comes back with `Last-Event-ID` gets all that changed since. Event `reset` says that
too much was missed: load anew. A `beat` every 15 s carries the time of the centre.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated

import msgspec
from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse

from cloud.access.sessions import Identity
from cloud.api.deps import Centre
from cloud.api.guard import CentreDep, IdentityDep, door_now, is_still_valid
from cloud.api.hub import LiveEvent

router = APIRouter(prefix="/api/v1", tags=["live"])
STORY_QUIET_S = 1.0  # in an exercise time may run: browsers are told it again and again
QUIET_S = 15.0  # below the 30-60 s after which proxies cut silent connections
RECHECK_MS = 60_000
_EXAMPLE = 'id: 1732258810123001\nevent: reading\ndata: {"gateway":"gw-thao","device":"gauge-1","point":"level_m"}\n\n'


@router.get(
    "/live",
    summary="Server-sent events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"example": _EXAMPLE}}}},
)
async def live(
    centre: CentreDep,
    identity: IdentityDep,
    last_event_id: Annotated[str | None, Header(max_length=20)] = None,
    after: Annotated[int | None, Query(ge=0, description="The same as Last-Event-ID, for a first connection.")] = None,
    kinds: Annotated[
        str, Query(max_length=60, description="Which of reading,alarm,gateway.")
    ] = "reading,alarm,gateway",
    gateway: Annotated[str | None, Query(max_length=64, description="Only this gateway's.")] = None,
) -> StreamingResponse:
    """Kinds `reading`, `alarm`, `gateway`, `reset`, `beat`; about four answers a second at most."""
    place = int(last_event_id) if last_event_id and last_event_id.isdecimal() else after
    wanted = frozenset(kinds.split(",")) | {"reset"}
    return StreamingResponse(
        _stream(centre, identity, place, (wanted, gateway)),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _stream(
    centre: Centre, identity: Identity, after: int | None, choice: tuple[frozenset[str], str | None]
) -> AsyncIterator[bytes]:
    checked_at = door_now(centre)
    yield b"retry: 2000\n\n" + beat(centre.clock.now_ms())
    story = bool(centre.settings.exercise)
    async with aclosing(centre.hub.subscribe(after, quiet_s=STORY_QUIET_S if story else QUIET_S)) as told:
        async for changes in told:
            now, at = centre.clock.now_ms(), door_now(centre)
            if at - checked_at >= RECHECK_MS:
                if not await is_still_valid(centre, identity):
                    return
                checked_at = at
            chosen = b"".join(frame(event) for event in changes if _is_chosen(event, *choice))
            yield chosen + beat(now) if story else chosen or beat(now)


def frame(event: LiveEvent) -> bytes:
    """One event as it travels."""
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (event.id, event.kind.encode(), msgspec.json.encode(event.body))


def beat(now: int) -> bytes:
    """A sign of life with the centre's time; it has no id, so it does not move the client's place."""
    return b'event: beat\ndata: {"now":%d}\n\n' % now


def _is_chosen(event: LiveEvent, kinds: frozenset[str], gateway: str | None) -> bool:
    if event.kind == "reset":
        return True
    return event.kind in kinds and gateway in (None, event.body.get("gateway", event.body.get("id")))
