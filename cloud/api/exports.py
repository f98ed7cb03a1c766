"""Readings of long stretches of time as CSV or Parquet: ordered, fetched as a stream, with its progress to look at."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from cloud.api.audit import write_audit
from cloud.api.deps import Centre, RefusedOrderError, UnknownThingError
from cloud.api.devices import device_of
from cloud.api.guard import CentreDep, IdentityDep
from cloud.api.pages import Page
from cloud.api.problems import ProblemError
from cloud.exports.desk import ExportDesk, NoFormatError, Rows, Standing, rows_of
from cloud.exports.order import ExportOrder, Form, State
from device_profiles.schema import PointType

router = APIRouter(prefix="/api/v1", tags=["series"])
MOST_DAYS = 3_700
DAY_MS = 86_400_000
Moment = Annotated[int, Field(ge=0, le=4_102_444_800_000)]
EXAMPLE: JsonDict = {
    "gateway": "gw-thao", "device": "gauge-yen-bai", "points": ["level_m"], "begin": 1725580800000,
    "end": 1726185600000, "step_ms": 60000, "form": "csv",
}  # fmt: skip


class ExportWish(BaseModel):
    """What to take away; no points = all that have figures."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})
    gateway: str = Field(min_length=1, max_length=64)
    device: str = Field(min_length=1, max_length=64)
    points: list[Annotated[str, Field(max_length=64)]] = Field([], max_length=100)
    begin: Moment
    end: Moment
    step_ms: int = Field(0, ge=0, le=DAY_MS, description="Width of a bucket; 0 = every reading. At least 1,000.")
    form: Form = "csv"


@dataclass(frozen=True, slots=True)
class ExportView:
    """How far an export is; `content` is where to fetch it."""

    id: str
    at: int
    gateway: str
    device: str
    points: tuple[str, ...]
    begin: int
    end: int
    step_ms: int
    form: Form
    state: State
    parts: int
    parts_done: int
    rows: int
    size: int
    content: str


@router.post("/exports", summary="Order an export", status_code=201)
async def order_export(wish: ExportWish, request: Request, centre: CentreDep, identity: IdentityDep) -> ExportView:
    """Keeps the order for an hour; nothing is read before it is fetched."""
    order = _order_of(centre, wish)
    rows_in(wish.form)
    desk: ExportDesk = request.app.state.exports
    return _view(desk.take(order, actor=identity.name, now=centre.clock.now_ms()))


@router.get("/exports", summary="Your exports")
async def list_exports(request: Request, identity: IdentityDep) -> Page[ExportView]:
    """Those of the last hour, newest first."""
    desk: ExportDesk = request.app.state.exports
    return Page(items=[_view(each) for each in desk.of(identity.name)], next=None)


@router.get("/exports/{export}", summary="How far an export is")
async def one_export(export: str, request: Request, identity: IdentityDep) -> ExportView:
    """Pieces that were read, rows and bytes that were sent."""
    return _view(_known(request, export, identity.name))


@router.get(
    "/exports/{export}/content",
    summary="An export as a stream",
    response_class=StreamingResponse,
    responses={200: {"description": "The file.", "content": {"text/csv": {}, "application/vnd.apache.parquet": {}}}},
)
async def export_content(export: str, request: Request, centre: CentreDep, identity: IdentityDep) -> StreamingResponse:
    """Reads and sends one piece after the other; two exports travel at once, a third is told to wait."""
    found = _known(request, export, identity.name)
    device = device_of(centre, found.order.gateway, found.order.device)  # still his to see
    desk: ExportDesk = request.app.state.exports
    if desk.travelling.locked():
        raise ProblemError(503, "busy", "Two exports are under way; try again soon.", {"Retry-After": "10"})
    rows = rows_in(found.order.form)
    target = f"{found.order.gateway}/{found.order.device}"
    detail = f"{','.join(found.order.points)} {found.order.begin}..{found.order.end} {found.order.form}"
    await write_audit(centre, actor=identity.name, action="export", target=target, detail=detail)

    units = {each.key: each.unit for each in device.points}

    async def stream() -> AsyncIterator[bytes]:
        async with desk.travelling:
            async for chunk in desk.content(found, rows, centre.readings, units):
                yield chunk

    name = f"{found.order.device}-{found.id}.{found.order.form}"
    return StreamingResponse(
        stream(), media_type=rows.media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def rows_in(form: Form) -> Rows:
    """The format, or the problem that says what is missing."""
    try:
        return rows_of(form)
    except NoFormatError as error:
        raise ProblemError(501, "no_format", str(error)) from error


def _order_of(centre: Centre, wish: ExportWish) -> ExportOrder:
    device = device_of(centre, wish.gateway, wish.device)
    figures = [each.key for each in device.points if each.type is not PointType.STRING]
    unknown = [each for each in wish.points if each not in figures]
    if unknown:
        raise RefusedOrderError(f"{unknown[0]!r} is no point with figures of this device.")
    if not 0 < wish.end - wish.begin <= MOST_DAYS * DAY_MS:
        raise ProblemError(422, "range", f"`end` is behind `begin`, by at most {MOST_DAYS} days.")
    if 0 < wish.step_ms < 1_000:
        raise ProblemError(422, "range", "A bucket is at least 1,000 ms wide.")
    points = tuple(dict.fromkeys(wish.points)) or tuple(figures)
    begin = wish.begin - wish.begin % wish.step_ms if wish.step_ms else wish.begin  # whole buckets only
    return ExportOrder(wish.gateway, wish.device, device.profile, points, begin, wish.end, wish.step_ms, wish.form)


def _known(request: Request, export: str, actor: str) -> Standing:
    desk: ExportDesk = request.app.state.exports
    found = desk.one(export, actor)
    if found is None:
        raise UnknownThingError(f"You have no export {export!r}.")
    return found


def _view(found: Standing) -> ExportView:
    order = found.order
    return ExportView(
        found.id, found.at, order.gateway, order.device, order.points, order.begin, order.end, order.step_ms,
        order.form, found.state, found.parts, found.parts_done, found.rows, found.size,
        f"/api/v1/exports/{found.id}/content",
    )  # fmt: skip
