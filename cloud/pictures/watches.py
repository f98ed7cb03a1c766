"""Who watches which cameras, for what, and until when: a watch ends by itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal
from uuid import uuid4

from cloud.errors import CloudError
from cloud.pictures.config import PictureConfig
from cloud.pictures.shot import CameraKey

Pace = Literal["wall", "live"]
MOST_CAMERAS = 500
MOST_OF_ONE = 8  # watches of one person at a time: a wall, and a few looks


class WatchRefusedError(CloudError):
    """The watch cannot begin: an unknown purpose, no camera, or too many."""


@dataclass(frozen=True, slots=True)
class Watch:
    """One person's look at some cameras; times in ms since 1970 UTC."""

    id: str
    actor: str
    purpose: str
    pace: Pace
    cameras: frozenset[CameraKey]
    begin: int
    until: int
    every_ms: int


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to watch."""

    purpose: str
    pace: Pace
    cameras: frozenset[CameraKey]


def begin_watch(wish: Wish, config: PictureConfig, *, actor: str, now: int) -> Watch:
    """A new watch; WatchRefusedError."""
    if wish.purpose not in {each.id for each in config.purposes}:
        raise WatchRefusedError(f"There is no purpose {wish.purpose!r}.")
    most = 1 if wish.pace == "live" else MOST_CAMERAS
    if not 1 <= len(wish.cameras) <= most:
        raise WatchRefusedError(f"A {wish.pace} watch is of 1 to {most} cameras.")
    last_s = config.live_s if wish.pace == "live" else config.wall_min * 60
    every_s = config.live_every_s if wish.pace == "live" else config.wall_every_s
    return Watch(
        id=uuid4().hex,
        actor=actor,
        purpose=wish.purpose,
        pace=wish.pace,
        cameras=wish.cameras,
        begin=now,
        until=now + round(last_s * 1000),
        every_ms=round(every_s * 1000),
    )


def still_open(watches: Iterable[Watch], *, now: int) -> dict[str, Watch]:
    """Those that are not over, by their id."""
    return {each.id: each for each in watches if now < each.until}
