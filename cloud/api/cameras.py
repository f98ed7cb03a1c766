"""Cameras, and their pictures: for people who say what for, for a time, and into the audit log."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from cloud.api.audit import write_audit
from cloud.api.camera_views import CameraView, cameras_of, view_of
from cloud.api.deps import Centre, UnknownThingError
from cloud.api.devices import device_of
from cloud.api.guard import CentreDep, IdentityDep
from cloud.api.pages import Cursor, Limit, Page, page_of
from cloud.api.problems import ProblemError
from cloud.pictures.shot import NoPictureError
from cloud.pictures.watches import Pace, Watch, WatchRefusedError, Wish
from device_profiles.schema import ID_PATTERN

router = APIRouter(prefix="/api/v1", tags=["cameras"])
Identified = Annotated[str, Path(max_length=64, pattern=ID_PATTERN)]


class CameraName(BaseModel):
    """One camera."""

    model_config = ConfigDict(extra="forbid")
    gateway: Annotated[str, Field(pattern=ID_PATTERN)]
    device: Annotated[str, Field(pattern=ID_PATTERN)]


class NewWatch(BaseModel):
    """Who wants to see pictures says which, and what for."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "purpose": "disaster",
                    "pace": "wall",
                    "cameras": [{"gateway": "gw-thao", "device": "cam-hong-ha"}],
                    "note": "Theo dõi nước lên tại Hồng Hà",
                }
            ]
        },
    )
    purpose: Annotated[str, Field(max_length=48, description="One of the purposes of `[pictures]`.")]
    pace: Pace = "wall"
    cameras: Annotated[list[CameraName], Field(min_length=1, max_length=500)]
    note: str = Field("", max_length=500, description="Why, in own words; for the audit log.")


@dataclass(frozen=True, slots=True)
class WatchView:
    """A watch that has begun; times in ms since 1970 UTC."""

    id: str
    purpose: str
    pace: Pace
    until: int
    every_ms: int


@router.get("/cameras", summary="Cameras with their state")
async def list_cameras(centre: CentreDep, cursor: Cursor = None, limit: Limit = 100) -> Page[CameraView]:
    """What is known of each camera's picture; no picture."""
    found = page_of(cameras_of(centre), attrgetter("place"), cursor=cursor, limit=limit)
    return Page(items=list(map(view_of, found.items)), next=found.next)


@router.post("/camera-watches", status_code=201, summary="Begin to watch cameras, for a purpose and a time")
async def begin_watch(wanted: NewWatch, centre: CentreDep, identity: IdentityDep) -> WatchView:
    """A wall of many cameras, or a live look at one; 422 `watch_refused` says why not."""
    known = {(each.gateway, each.id) for each in cameras_of(centre)}
    cameras = frozenset((each.gateway, each.device) for each in wanted.cameras)
    for gateway, device in sorted(cameras - known):
        device_of(centre, gateway, device)  # 404 when there is none
        raise ProblemError(422, "watch_refused", f"{gateway}/{device} is no camera.")
    try:
        watch = centre.pictures.begin(Wish(wanted.purpose, wanted.pace, cameras), actor=identity.name)
    except WatchRefusedError as error:
        raise ProblemError(422, "watch_refused", str(error)) from error
    detail = f"{watch.id} {watch.pace} {watch.purpose} until {watch.until} {wanted.note}".strip()
    await write_audit(centre, actor=identity.name, action="cameras_watched", target=_target(watch), detail=detail)
    return WatchView(watch.id, watch.purpose, watch.pace, watch.until, watch.every_ms)


@router.delete("/camera-watches/{watch}", status_code=204, summary="End a watch before its time")
async def end_watch(watch: str, centre: CentreDep, identity: IdentityDep) -> None:
    """One's own."""
    found = watch_of(centre, watch, actor=identity.name)
    centre.pictures.end(found)
    await write_audit(centre, actor=identity.name, action="cameras_watch_ended", target=_target(found), detail=found.id)


@router.get(
    "/camera-watches/{watch}/pictures/{gateway}/{device}",
    summary="The picture of a camera that one watches",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {"example": "(JPEG)"}}, "description": "The picture."}},
)
async def picture(
    watch: str, gateway: Identified, device: Identified, centre: CentreDep, identity: IdentityDep
) -> Response:
    """A JPEG; `Thacba-Observed-At` is its time, `Thacba-Fault` why there is no newer one; 409 `picture_<reason>`."""
    found = watch_of(centre, watch, actor=identity.name)
    device_of(centre, gateway, device)  # who may no longer see it sees no picture of it either
    if (gateway, device) not in found.cameras:
        raise UnknownThingError(f"This watch is not of {gateway}/{device}.")
    try:
        look = await centre.pictures.look(found, (gateway, device))
    except NoPictureError as error:
        raise ProblemError(409, f"picture_{error.reason}", str(error)) from error
    headers = {"Thacba-Observed-At": str(look.shot.observed_at)}
    if look.fault:
        headers["Thacba-Fault"] = look.fault
    return Response(look.shot.jpeg, media_type="image/jpeg", headers=headers)


def watch_of(centre: Centre, identifier: str, *, actor: str) -> Watch:
    """One's own watch; UnknownThingError when it is over, or somebody else's."""
    found = centre.pictures.watch(identifier, actor=actor)
    if found is None:
        raise UnknownThingError("There is no such watch, or it is over.")
    return found


def _target(watch: Watch) -> str:
    named = sorted("/".join(each) for each in watch.cameras)
    return named[0] if len(named) == 1 else f"{len(named)} cameras: {', '.join(named)}"[:500]
