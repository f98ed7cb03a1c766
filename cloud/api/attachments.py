"""The files of incidents: attach, list, fetch, take away."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse

from cloud.access.purpose import Purpose
from cloud.api.audit import write_audit
from cloud.api.deps import Centre, RefusedOrderError, UnknownThingError, WrongStateError
from cloud.api.guard import CentreDep, IdentityDep
from cloud.api.pages import Page
from cloud.api.problems import ProblemError
from cloud.attachments import MAX_BYTES
from cloud.citizen.desk import ACTOR as CITIZEN
from cloud.errors import StateConflictError
from cloud.incidents import casebook
from cloud.incidents.casebook import Action
from cloud.incidents.sniffing import ENDINGS, safe_name, type_of
from cloud.incidents.workflow import IncidentError
from cloud.store.incident_files_port import AttachmentRow
from cloud.store.incident_port import IncidentChange, IncidentRow

router = APIRouter(prefix="/api/v1/incidents/{incident}/attachments", tags=["incidents"])
BODY = {
    "requestBody": {
        "required": True,
        "description": "The file itself, at most 10 MB. What it is is told by its content, not by its name.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
Name = Annotated[str, Query(min_length=1, max_length=200, examples=["bien-ban-kiem-tra.pdf"])]
Words = Annotated[str, Query(max_length=500)]
Why = Annotated[Purpose | None, Query(description="What you want it for; needed for what a citizen sent.")]


@router.get("", summary="The files of an incident, oldest first")
async def list_attachments(incident: str, centre: CentreDep) -> Page[AttachmentRow]:
    """Also those whose content is gone."""
    await _row(centre, incident)
    return Page(items=list(await asyncio.to_thread(centre.incident_files.attachments, incident)), next=None)


@router.post("", summary="Attach a file", status_code=201, openapi_extra=BODY)
async def attach(
    incident: str, name: Name, request: Request, centre: CentreDep, identity: IdentityDep, comment: Words = ""
) -> AttachmentRow:
    """Pictures (JPEG, PNG, WebP, HEIC), MP4, PDF, Word and Excel without macros, and plain text."""
    row = await _row(centre, incident)
    there = await asyncio.to_thread(centre.incident_files.attachments, incident)
    if len(there) >= centre.attachments.config.per_incident:
        raise RefusedOrderError("The incident has as many files as it may have.")
    async with request.app.state.uploads:
        content = await _content(request)
    kind = type_of(content)
    if kind is None:
        raise ProblemError(415, "file_type", f"Only these are taken: {', '.join(sorted(set(ENDINGS.values())))}.")
    if not await asyncio.to_thread(centre.attachments.has_room, len(content)):
        raise ProblemError(507, "no_room", "There is no room for more files: tell whoever runs the centre.")
    digest = await asyncio.to_thread(centre.attachments.keep, content)
    file = AttachmentRow(incident, 0, digest, safe_name(name, kind), kind, len(content), 0, "", comment.strip())
    action = Action(identity.name, centre.clock.now_ms(), rules=centre.regulation)
    change = await _kept(centre, casebook.attach(row, action, file))
    await write_audit(centre, actor=identity.name, action="incident_attach", target=incident, detail=file.name)
    return change.attached[0]


@router.get("/{number}", summary="Fetch a file", response_class=FileResponse)
async def fetch(
    incident: str, number: int, centre: CentreDep, identity: IdentityDep, *, purpose: Why = None
) -> FileResponse:
    """As a download, never shown by the browser itself; who fetched it, and what for, is written down.

    What a citizen sent may show people and their homes: it is handed out for a purpose only.
    """
    file = await _file(centre, incident, number)
    if file.actor == CITIZEN and purpose is None:
        raise ProblemError(422, "purpose_missing", "A citizen sent this file: say what you want it for (`purpose`).")
    path = centre.attachments.path(file.digest)
    if file.gone_at is not None or not await asyncio.to_thread(path.is_file):
        raise UnknownThingError(f"The content of file {number} is not kept any more.")
    await write_audit(
        centre, actor=identity.name, action="incident_fetch", target=incident, detail=_fetched(file, purpose)
    )
    kind = f"{file.type}; charset=utf-8" if file.type == "text/plain" else file.type
    return FileResponse(path, media_type=kind, filename=file.name, content_disposition_type="attachment")


@router.delete("/{number}", summary="Take a file away")
async def detach(
    incident: str,
    number: int,
    comment: Annotated[str, Query(min_length=1, max_length=500, description="Why.")],
    centre: CentreDep,
    identity: IdentityDep,
) -> AttachmentRow:
    """Its content goes; that there was one, and why it went, stays in the history."""
    row, file = await _row(centre, incident), await _file(centre, incident, number)
    action = Action(identity.name, centre.clock.now_ms(), comment.strip(), rules=centre.regulation)
    try:
        change = await _kept(centre, casebook.detach(row, action, file))
    except IncidentError as error:
        raise WrongStateError(f"{error}.") from error
    await write_audit(centre, actor=identity.name, action="incident_detach", target=incident, detail=comment)
    return change.attached[0]


def _fetched(file: AttachmentRow, purpose: Purpose | None) -> str:
    return file.name if purpose is None else f"{file.name} ({purpose.value})"


async def _content(request: Request) -> bytes:
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > MAX_BYTES:
            raise ProblemError(413, "too_large", f"A file has at most {MAX_BYTES} bytes.")
    return bytes(content)


async def _row(centre: Centre, incident: str) -> IncidentRow:
    row = await asyncio.to_thread(centre.incidents.incident, incident)
    if row is None:
        raise UnknownThingError(f"There is no incident {incident!r}.")
    return row


async def _file(centre: Centre, incident: str, number: int) -> AttachmentRow:
    file = await asyncio.to_thread(centre.incident_files.attachment, incident, number)
    if file is None:
        raise UnknownThingError(f"Incident {incident!r} has no file {number}.")
    return file


async def _kept(centre: Centre, change: IncidentChange) -> IncidentChange:
    try:
        await asyncio.to_thread(centre.incidents.keep, change)
    except StateConflictError as error:
        raise WrongStateError("Somebody was quicker: look again.") from error
    return change
