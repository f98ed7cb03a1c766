"""Step 4: pass or fail per item, a note and photos for each device and for the site."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Final, get_args

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from device_profiles.schema import ID_PATTERN
from device_profiles.wire.commissioning import Answer, ChecklistItem, CommissioningRecord, FileKind
from edge_agent.commissioning import steps
from edge_agent.commissioning.steps import StepError
from edge_agent.page.cabinet import Cabinet, look
from edge_agent.page.checklist import Item, checklist, items_for
from edge_agent.page.door import EntryError, Form, first, form_of, go, known
from edge_agent.page.render import cabinet_of, page
from edge_agent.page.visit import changed, draft_of, visit_in_step

router = APIRouter(include_in_schema=False, dependencies=[Depends(known)])
ANSWERS: Final[tuple[Answer, ...]] = get_args(Answer)
NOTE: Final = 2000
DeviceName = Annotated[str, Query(max_length=64, pattern=f"({ID_PATTERN})|^$")]


@router.get("/checks")
async def checks_page(request: Request) -> HTMLResponse:
    """The whole screen."""
    cabinet = cabinet_of(request)
    record = await visit_in_step(cabinet)
    sections = [_section(cabinet, record, device.device) for device in record.devices]
    return page(
        request, "checks.html", await look(cabinet), record=record, sections=[*sections, _section(cabinet, record, "")]
    )


@router.post("/checks")
async def save(request: Request) -> Response:
    """Keeps every answer and note of the form."""
    form = await form_of(request)
    cabinet = cabinet_of(request)
    record = await visit_in_step(cabinet)

    def step(draft: CommissioningRecord) -> CommissioningRecord:
        for device in ("", *(each.device for each in record.devices)):
            items = _section(cabinet, record, device)["items"]
            draft = steps.answered(draft, _answers(form, device, items), device=device)  # type: ignore[arg-type]
            if device:
                draft = steps.noted(draft, device, first(form, f"note-{device}", most=NOTE))
        return steps.told(draft, note=first(form, "note-", most=NOTE))

    await changed(cabinet, record.id, step)
    return go("/finish")


@router.post("/files/photo")
async def photo(request: Request, device: DeviceName = "") -> Response:
    """Keeps one photo; the body is the picture itself."""
    return await _kept(request, "photo", device)


@router.post("/files/signature")
async def signature(request: Request) -> Response:
    """Keeps the signature; a second one takes the place of the first."""
    return await _kept(request, "signature", "")


@router.post("/files/remove")
async def remove(request: Request) -> Response:
    """Takes a photo away."""
    form = await form_of(request)
    draft = await draft_of(cabinet_of(request))
    if draft is not None:
        await asyncio.to_thread(cabinet_of(request).desk.detach, draft.id, first(form, "file"))
    return go("/checks")


@router.get("/files/{sha256}")
async def file(request: Request, sha256: str) -> Response:
    """A picture of the open visit."""
    cabinet = cabinet_of(request)
    draft = await draft_of(cabinet)
    entry = next((each for each in draft.files if each.sha256 == sha256), None) if draft else None
    if draft is None or entry is None:
        return PlainTextResponse("", 404)
    content = await asyncio.to_thread(cabinet.desk.content, draft.id, sha256)
    return Response(content, media_type=entry.type, headers={"Cache-Control": "private, max-age=3600, immutable"})


async def _kept(request: Request, kind: FileKind, device: str) -> Response:
    cabinet = cabinet_of(request)
    content = await request.body()
    draft = await draft_of(cabinet) or await visit_in_step(cabinet)
    try:
        entry = await asyncio.to_thread(cabinet.desk.attach, draft.id, content, kind=kind, device=device)
    except StepError as error:
        raise EntryError("checks.photo_none") from error
    return PlainTextResponse(entry.sha256, 201)


def _section(cabinet: Cabinet, record: CommissioningRecord, device: str) -> dict[str, object]:
    """The items, answers and photos of a device, or of the site."""
    there = next((each for each in record.devices if each.device == device), None)
    given = (there.checklist if there else record.checklist) if device == "" or there else []
    profile = cabinet.catalogue.profiles.get(there.profile) if there else None
    return {
        "device": there,
        "id": device,
        "items": items_for(profile.protocol) if profile else checklist().site,
        "answers": {each.item: each.answer for each in given},
        "note": there.note if there else record.note,
        "photos": [each for each in record.files if each.kind == "photo" and each.device == device],
    }


def _answers(form: Form, device: str, items: Sequence[Item]) -> list[ChecklistItem]:
    """What was answered; what was left open stays open."""
    found = []
    for item in items:
        said = first(form, f"check-{device}-{item.item}")
        answer = next((each for each in ANSWERS if each == said), None)
        if answer is not None:
            found.append(ChecklistItem(item.item, item.vi, item.en, answer))
    return found
