"""Commissioning records: gateways bring them, signed; people read, look at and print them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse

from cloud.api.audit import write_audit
from cloud.api.deps import Centre, UnknownThingError
from cloud.api.enrolment import GatewayDep, source_of
from cloud.api.guard import CentreDep, IdentityDep
from cloud.api.pages import Cursor, Limit, Page, decode_cursor, encode_cursor
from cloud.api.problems import ProblemError
from cloud.commissioning.checking import RecordRefusedError
from cloud.commissioning.office import Part, Sender
from cloud.commissioning.photos import PhotoError, for_paper
from cloud.commissioning.sheet import Printed, pdf_of
from cloud.store.commissioning_port import CommissioningFileRow, CommissioningRow
from cloud.store.commissioning_port import Page as Wanted
from device_profiles.basics import Language
from device_profiles.wire import decode
from device_profiles.wire.commissioning import RECORD_LIMITS, CommissioningRecord

router = APIRouter(prefix="/api/v1/commissioning", tags=["commissioning"])
SMALL: Final = 640  # pixels of the longest side of what a page shows
FOR_EVER: Final = {"Cache-Control": "private, max-age=31536000, immutable"}  # a digest never names anything else
JPEG: Final = "image/jpeg"
_STATUS: Final = {
    "signature": 403, "wrong_gateway": 403, "other_record": 409, "too_many": 429, "no_room": 507, "unknown_file": 404,
    "too_large": 413,
}  # fmt: skip
_BODY: Final = {
    "requestBody": {
        "required": True,
        "description": "Signed by the gateway (device_profiles/wire/requests.py).",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@dataclass(frozen=True, slots=True)
class RecordView:
    """One line of the list. Times in ms since 1970 UTC; `complete_at` is null while a photo has not come."""

    id: str
    gateway: str
    site: str
    serial: str
    technician: str
    verdict: str
    begun_at: int
    ended_at: int
    received_at: int
    complete_at: int | None
    devices: int


@dataclass(frozen=True, slots=True)
class RecordDetail:
    """A record as it was signed. `document` is what `body` says, `signature` is the gateway's, of `body`, base64."""

    record: RecordView
    document: dict[str, Any]
    files: list[CommissioningFileRow]
    digest: str
    body: str
    signature: str


@dataclass(frozen=True, slots=True)
class Found:
    """A record with everything that is kept of it."""

    row: CommissioningRow
    record: CommissioningRecord
    files: list[CommissioningFileRow]


@router.post("", summary="Bring a record (gateways)", openapi_extra=_BODY)
async def bring(request: Request, centre: CentreDep, gateway: GatewayDep) -> Response:
    """The receipt names the files that are missing; the same record again gets the same answer."""
    sender = Sender(gateway, source_of(request))
    try:
        receipt = await centre.commissioning.take(sender, await request.body())
    except RecordRefusedError as error:
        raise _refusal(error) from error
    return Response(msgspec.json.encode(receipt), media_type="application/json")


@router.put("/{record}/files/{sha256}", summary="Bring a part of a file (gateways)", openapi_extra=_BODY)
async def bring_part(
    record: str,
    sha256: str,
    request: Request,
    centre: CentreDep,
    gateway: GatewayDep,
    offset: Annotated[int, Query(ge=0, description="Of the part's first byte.")] = 0,
) -> Response:
    """How many bytes are there now; a part that does not begin there is not taken."""
    part = Part(record, sha256, offset, await request.body())
    try:
        receipt = await centre.commissioning.take_part(Sender(gateway, source_of(request)), part)
    except RecordRefusedError as error:
        raise _refusal(error) from error
    return Response(msgspec.json.encode(receipt), media_type="application/json")


@router.get("", summary="Commissioning records, newest first")
async def list_records(
    centre: CentreDep,
    gateway: Annotated[str, Query(max_length=64, description="Only of this gateway.")] = "",
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[RecordView]:
    """By when they came."""
    return await records_page(centre, gateway, cursor=cursor, limit=limit)


@router.get("/{record}", summary="One record")
async def one_record(record: str, centre: CentreDep) -> RecordDetail:
    """With the exact text that was signed: whoever doubts can check it himself."""
    found = await found_record(centre, record)
    document: dict[str, Any] = msgspec.to_builtins(found.record)
    row = found.row
    return RecordDetail(view_of(row), document, found.files, row.digest, row.body, row.signature)


@router.get("/{record}/files/{sha256}", summary="A photo or the signature", response_class=FileResponse)
async def one_file(
    record: str, sha256: str, centre: CentreDep, size: Annotated[Literal["", "small"], Query()] = ""
) -> Response:
    """As it was taken, or small enough for a page."""
    found = await found_record(centre, record)
    file = next((each for each in found.files if each.sha256 == sha256), None)
    if file is None or file.received_at is None:
        raise UnknownThingError("This record has no such file, or it has not come yet.")
    path = centre.commissioning.contents.path(sha256)
    if not size:
        return FileResponse(path, media_type=file.type, headers=FOR_EVER)
    try:
        small, _, _ = await asyncio.to_thread(for_paper, path, longest_side=SMALL)
    except PhotoError as error:
        raise UnknownThingError(f"The file is kept, but {error}.") from error
    return Response(small.getvalue(), media_type=JPEG, headers=FOR_EVER)


@router.get("/{record}/pdf", summary="The record on paper", response_class=Response)
async def record_as_pdf(
    record: str,
    request: Request,
    centre: CentreDep,
    identity: IdentityDep,
    language: Annotated[Language, Query(description="vi or en.")] = "vi",
) -> Response:
    """A4, with photos and signature; who printed it is written down."""
    found = await found_record(centre, record)
    async with request.app.state.uploads:  # photos are unpacked in memory: a few at once
        content = await asyncio.to_thread(pdf_of, _printed(centre, found, language), language)
    await write_audit(centre, actor=identity.name, action="commissioning_print", target=record, detail=language)
    name = f"{found.row.gateway}-{found.row.id[:8]}-{language}.pdf"
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return Response(BytesIO(content).getvalue(), media_type="application/pdf", headers=headers)


async def records_page(centre: Centre, gateway: str, *, cursor: str | None, limit: int) -> Page[RecordView]:
    """A page of the list; the cursor is the id of its last record."""
    wanted = Wanted(gateway=gateway, before=decode_cursor(cursor) or "", limit=limit + 1)
    rows = await asyncio.to_thread(centre.commissioning.store.records, wanted)
    shown = rows[:limit]
    return Page(items=[view_of(row) for row in shown], next=encode_cursor(shown[-1].id) if len(rows) > limit else None)


async def found_record(centre: Centre, identifier: str) -> Found:
    """The record with this id; UnknownThingError."""
    store = centre.commissioning.store
    row = await asyncio.to_thread(store.record, identifier)
    if row is None:
        raise UnknownThingError(f"There is no commissioning record {identifier!r}.")
    record = decode(row.body.encode(), CommissioningRecord, RECORD_LIMITS)
    return Found(row, record, list(await asyncio.to_thread(store.files, identifier)))


def view_of(row: CommissioningRow) -> RecordView:
    """What a list shows of a record."""
    return RecordView(
        row.id,
        row.gateway,
        row.site,
        row.serial,
        row.technician,
        row.verdict,
        row.begun_at,
        row.ended_at,
        row.received_at,
        row.complete_at,
        row.devices,
    )


def _printed(centre: Centre, found: Found, language: Language) -> Printed:
    site = next((each.name for each in centre.sites() if each.id == found.row.site), None)
    gateway = centre.gateway(found.row.gateway)
    there: dict[str, Path] = {
        file.sha256: centre.commissioning.contents.path(file.sha256) for file in found.files if file.received_at
    }
    names = [(text.vi if language == "vi" else text.en) if text else "" for text in (site, gateway and gateway.name)]
    return Printed(found.record, names[0], names[1], found.row.received_at, found.row.digest, there)


def _refusal(error: RecordRefusedError) -> ProblemError:
    return ProblemError(_STATUS.get(error.reason, 422), error.reason, str(error))
