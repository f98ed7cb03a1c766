"""Gives pictures to whoever watches: asks each gateway no more often than the watch needs, and never twice at once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal, NoReturn

from cloud.pictures.album import Album
from cloud.pictures.config import PictureConfig
from cloud.pictures.shot import CameraKey, NoPictureError, Reason, Shot
from cloud.pictures.watches import MOST_OF_ONE, Watch, WatchRefusedError, Wish, begin_watch, still_open
from device_profiles.clock import Clock

log = logging.getLogger(__name__)

TIDY_S = 600.0
Fetch = Callable[[CameraKey], Awaitable[Shot]]


@dataclass(frozen=True, slots=True)
class Look:
    """What is shown of a camera now; `fault`: why nothing newer could be had, empty = it is of now."""

    shot: Shot
    fault: Reason | Literal[""] = ""


@dataclass(slots=True)
class _Camera:
    """What the desk knows of one camera while it is watched."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    asked_at: int = -1
    shot: Shot | None = None
    fault: NoPictureError | None = None


class PictureDesk:
    """The watches, in memory: after a restart people begin theirs anew."""

    def __init__(self, album: Album, fetch: Fetch, clock: Clock) -> None:
        self._album = album
        self._fetch = fetch
        self._clock = clock
        self._watches: dict[str, Watch] = {}
        self._cameras: dict[CameraKey, _Camera] = {}
        self._slots = asyncio.Semaphore(album.config.at_once)

    @property
    def config(self) -> PictureConfig:
        """Purposes, times, paces."""
        return self._album.config

    def begin(self, wish: Wish, *, actor: str) -> Watch:
        """Begins a watch; WatchRefusedError."""
        now = self._clock.now_ms()
        self._watches = still_open(self._watches.values(), now=now)
        if sum(each.actor == actor for each in self._watches.values()) >= MOST_OF_ONE:
            raise WatchRefusedError(f"You watch {MOST_OF_ONE} times at once already: end one of them.")
        watch = begin_watch(wish, self.config, actor=actor, now=now)
        self._watches[watch.id] = watch
        return watch

    def watch(self, identifier: str, *, actor: str) -> Watch | None:
        """A watch of this person that is not over."""
        found = self._watches.get(identifier)
        ours = found is not None and found.actor == actor and self._clock.now_ms() < found.until
        return found if ours else None

    def end(self, watch: Watch) -> None:
        """It is over; what nobody watches any more is forgotten."""
        self._watches.pop(watch.id, None)
        self._forget()

    async def look(self, watch: Watch, camera: CameraKey) -> Look:
        """The camera's picture at the pace of the watch; NoPictureError when there is none at all."""
        known = self._cameras.setdefault(camera, _Camera())
        async with known.lock:
            now = self._clock.now_ms()
            if known.asked_at < 0 or now - known.asked_at >= watch.every_ms:
                known.asked_at = now
                await self._ask(camera, known, keeps=watch.pace == "wall")
            shot = known.shot or await asyncio.to_thread(self._album.newest, camera, now=now)
        if shot is None:
            raise known.fault or NoPictureError("none_now", "There is no picture of this camera.")
        return Look(shot, known.fault.reason if known.fault else "")

    async def run(self) -> NoReturn:
        """Tidies until cancelled."""
        while True:
            self._watches = still_open(self._watches.values(), now=self._clock.now_ms())
            self._forget()
            try:
                gone = await asyncio.to_thread(self._album.tidy, now=self._clock.now_ms())
            except OSError as error:
                log.warning("old pictures not let go", extra={"error": str(error)})
            else:
                if gone:
                    log.info("old pictures let go", extra={"pictures": gone})
            await self._clock.sleep(TIDY_S)

    async def _ask(self, camera: CameraKey, known: _Camera, *, keeps: bool) -> None:
        try:
            async with self._slots:
                known.shot = await self._fetch(camera)
        except NoPictureError as error:
            known.fault = error
            return
        known.fault = None
        if not keeps:
            return  # a live look leaves nothing behind
        try:
            await asyncio.to_thread(self._album.keep, camera, known.shot, now=self._clock.now_ms())
        except OSError as error:
            log.warning("picture not kept", extra={"gateway": camera[0], "device": camera[1], "error": str(error)})

    def _forget(self) -> None:
        watched = {camera for each in self._watches.values() for camera in each.cameras}
        self._cameras = {key: each for key, each in self._cameras.items() if key in watched}
