"""The page of cameras: a wall of tiles with state and age, grouped by what stands in the address."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from cloud.access.policy import allows, rule_for
from cloud.api.camera_views import CameraView, camera_views
from cloud.api.guard import CentreDep, IdentityDep
from cloud.api.pages import page_of
from cloud.web.pages import site_names
from cloud.web.render import page, taste_of
from cloud.web.words import word

router = APIRouter(include_in_schema=False)
PER_PAGE = 48
MOST_PICKED = 64
BAD = ("offline", "none")
SAID = (  # what static/js/pictures.js says, in the viewer's language
    "waiting", "closed", "picture_none_now", "picture_masked", "picture_private", "picture_away", "picture_refused",
    "picture_unreadable",
)  # fmt: skip


class Chosen(BaseModel):
    """What the address says: which cameras, and how they are laid out."""

    site: str = Field("", max_length=64)
    show: Literal["all", "problems"] = "all"
    columns: Literal["auto", "1", "2", "3", "4", "6"] = "auto"
    group: str = Field("", max_length=60)
    pick: tuple[Annotated[str, Field(max_length=129)], ...] = Field((), max_length=MOST_PICKED)
    cursor: str | None = Field(None, max_length=400)

    def shows(self, camera: CameraView) -> bool:
        """Whether the camera belongs to what was chosen."""
        in_group = not self.pick or f"{camera.gateway}/{camera.device}" in self.pick
        return in_group and self.site in ("", camera.site) and (self.show == "all" or camera.sight != "good")

    def address(self, cursor: str | None) -> str:
        """The same group from another place on."""
        fields = [("site", self.site), ("show", self.show), ("columns", self.columns), ("group", self.group)]
        return f"/cameras?{urlencode([*fields, *(('pick', each) for each in self.pick), ('cursor', cursor or '')])}"


@router.get("/cameras")
async def cameras_page(
    request: Request, centre: CentreDep, identity: IdentityDep, chosen: Annotated[Chosen, Query()]
) -> HTMLResponse:
    """Every camera, or a group of them; a group is an address, so a bookmark keeps it."""
    every = camera_views(centre)
    wanted = [each for each in every if chosen.shows(each)]
    found = page_of(
        wanted, lambda each: f"{each.site}/{each.gateway}/{each.device}", cursor=chosen.cursor or None, limit=PER_PAGE
    )
    return page(
        request,
        "cameras.html",
        found=found,
        next_page=chosen.address(found.next),
        counts=counts_of(every),
        filters=chosen,
        said_of={key: word(taste_of(request).language, f"cameras.{key}") for key in SAID},
        picked=chosen.pick,
        sites=sorted({each.site for each in every}),
        site_names=site_names(centre),
        config=centre.pictures.config,
        may_watch=allows(rule_for("POST", "/api/v1/camera-watches"), identity.role),
    )


def counts_of(cameras: Sequence[CameraView]) -> dict[str, int]:
    """How many have a good picture, a poor one, none, and of how many nothing fresh is known."""
    good = sum(each.sight == "good" for each in cameras)
    away, unknown = (sum(each.sight == word for each in cameras) for word in BAD)
    return {"good": good, "poor": len(cameras) - good - away - unknown, "offline": away, "none": unknown}
