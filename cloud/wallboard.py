"""What the video wall shows when nobody touches it."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from device_profiles.schema import Strict

NO_PAGES = ("//", "/wall", "/api", "/login", "/preferences")


def _page(address: str) -> str:
    if address.startswith(NO_PAGES):
        raise ValueError("must be the address of one of our pages, such as /map or /alarms?severity=1")
    return address


WallPage = Annotated[str, Field(pattern=r"^/[A-Za-z0-9._~/?&=%:,+-]*$", max_length=400), AfterValidator(_page)]
PAGES: tuple[WallPage, ...] = ("/", "/map", "/disaster", "/alarms", "/environment", "/cameras", "/incidents", "/leader")


class WallConfig(Strict):
    """Wall mode: which pages take turns, how long, and what interrupts them."""

    pages: tuple[WallPage, ...] = Field(PAGES, min_length=1, max_length=40, description="Addresses that take turns.")
    dwell_s: float = Field(25.0, ge=5, le=3600, description="How long a page stands.")
    wake_severity: int = Field(1, ge=0, le=4, description="Alarms this grave come first; 0 = none does.")
    wake_s: float = Field(45.0, ge=5, le=3600, description="How long such an alarm stands before the pages go on.")
