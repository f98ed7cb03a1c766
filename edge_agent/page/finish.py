"""Step 5: who commissions, where, and the signature; then the record waits for the centre by itself."""

from __future__ import annotations

import asyncio
import math

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from device_profiles.wire.commissioning import CommissioningRecord, Place
from device_profiles.wire.verdicts import record_verdict
from edge_agent.commissioning import steps
from edge_agent.page.cabinet import look
from edge_agent.page.door import EntryError, Form, first, form_of, go, known
from edge_agent.page.render import cabinet_of, page, part, taste_of
from edge_agent.page.visit import changed, visit_in_step
from edge_agent.page.welcome import welcome_at
from edge_agent.page.words import Language, word

router = APIRouter(include_in_schema=False, dependencies=[Depends(known)])
LEAST_ACCURATE_M = 100_000.0


@router.get("/finish")
async def finish_page(request: Request) -> HTMLResponse:
    """The whole screen."""
    return await _shown(request)


@router.post("/finish")
async def finish(request: Request) -> Response:
    """Ends the visit, when nothing is missing."""
    form = await form_of(request)
    cabinet = cabinet_of(request)
    record = await visit_in_step(cabinet)
    try:
        record = await changed(cabinet, record.id, lambda draft: _told(draft, form, cabinet.clock.now_ms()))
    except EntryError as error:
        return await _shown(request, mistake=error.sentence(request), entered=form, status=422)
    missing = missing_in(record, taste_of(request).language)
    if missing:
        lacking = EntryError("finish.missing", what=", ".join(missing)).sentence(request)
        return await _shown(request, mistake=lacking, entered=form, status=422)
    await asyncio.to_thread(cabinet.desk.finish, record.id)
    return go("/done")


@router.get("/done")
async def done_page(request: Request) -> HTMLResponse:
    """What became of the newest visit."""
    glance = await look(cabinet_of(request))
    return page(request, "done.html", glance, visit=glance.visit)


@router.get("/part/done")
async def done_part(request: Request) -> HTMLResponse:
    """Whether the centre has it."""
    return part(request, "part_done.html", visit=(await look(cabinet_of(request))).visit)


def missing_in(record: CommissioningRecord, language: Language) -> list[str]:
    """What a record lacks before it can be signed, in words."""
    lacks = [
        ("missing_name", not record.technician),
        ("missing_device", not record.devices),
        ("missing_signature", all(file.kind != "signature" for file in record.files)),
    ]
    found = [word(language, f"finish.{key}") for key, is_lacking in lacks if is_lacking]
    silent = [device.device for device in record.devices if not device.points]
    return found + [word(language, "finish.missing_values", device=device) for device in silent]


def place_in(form: Form, now: int) -> Place | None:
    """The position that was entered; None when none was, EntryError when it is no place on earth."""
    texts = [first(form, name).replace(",", ".") for name in ("lat", "lon", "accuracy")]
    if not texts[0] and not texts[1]:
        return None
    try:
        lat, lon, accuracy = float(texts[0]), float(texts[1]), float(texts[2] or "0")
    except ValueError as error:
        raise EntryError("finish.place_wrong") from error
    if not (math.isfinite(accuracy) and abs(lat) <= 90 and abs(lon) <= 180 and 0 <= accuracy <= LEAST_ACCURATE_M):
        raise EntryError("finish.place_wrong")
    return Place(lat, lon, accuracy, max(0, now))


def _told(draft: CommissioningRecord, form: Form, now: int) -> CommissioningRecord:
    draft = steps.told(draft, technician=first(form, "technician", most=120), note=first(form, "note", most=2000))
    place = place_in(form, now)
    return steps.placed(draft, place) if place else draft


async def _shown(
    request: Request, *, mistake: str = "", entered: Form | None = None, status: int = 200
) -> HTMLResponse:
    cabinet = cabinet_of(request)
    record = await visit_in_step(cabinet)
    checked = [point for device in record.devices for point in device.points]
    return page(
        request,
        "finish.html",
        await look(cabinet),
        status=status,
        record=record,
        verdict=record_verdict(record),
        good=sum(point.verdict == "pass" for point in checked),
        all=len(checked),
        photos=sum(file.kind == "photo" for file in record.files),
        signed=any(file.kind == "signature" for file in record.files),
        entered={name: first(entered, name) for name in ("lat", "lon", "accuracy")} if entered else None,
        mistake=mistake,
        welcome=welcome_at(cabinet),
    )
