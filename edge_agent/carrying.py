"""Keeps the way to the centre, and makes it anew when its part of the configuration changes; the outbox stays."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from device_profiles.wire import State
from edge_agent.racing import first_of
from edge_agent.uplink.link import Link
from edge_agent.uplink.mqtt import Uplink
from edge_agent.uplink.standing import LinkStanding

log = logging.getLogger(__name__)

Build = Callable[[Link, str, State], Uplink]


class Carrier:
    """Owns the uplink of this moment, or none: a box that has not joined yet only keeps what it reads."""

    def __init__(self, build: Build) -> None:
        """`build` makes an uplink from its link, the gateway's name and its birth."""
        self._build = build
        self._wanted: tuple[Link, str] | None = None
        self._birth: State | None = None
        self._uplink: Uplink | None = None
        self._changed = asyncio.Event()
        self._stop = asyncio.Event()

    @property
    def standing(self) -> LinkStanding:
        """How the link is now; receipts and sessions count from when it was made."""
        return self._uplink.standing if self._uplink else LinkStanding()

    @property
    def link(self) -> Link | None:
        """What the uplink goes by; None without one."""
        return self._wanted[0] if self._wanted else None

    def change(self, link: Link | None, gateway: str, birth: State) -> bool:
        """This is the way from now on, and this the gateway; True when the uplink is made anew."""
        wanted = (link, gateway) if link is not None else None
        self._birth = birth
        if wanted == self._wanted:
            if self._uplink is not None:
                self._uplink.introduce(birth)
            return False
        self._wanted = wanted
        before, self._uplink = self._uplink, None
        if wanted is not None:
            self._uplink = self._build(*wanted, birth)
        self._changed.set()
        if before is not None:
            log.info("uplink changes", extra={"host": link.host if link else ""})
            before.stop()
        return True

    async def run(self) -> None:
        """Carries until `stop`."""
        while not self._stop.is_set():
            self._changed.clear()
            uplink = self._uplink
            if uplink is None:
                await first_of(self._changed.wait(), self._stop.wait())
            else:
                await uplink.run()

    def batch_s(self, configured_s: float) -> float:
        """How long readings had best be collected, as the link is."""
        return self._uplink.batch_s(configured_s) if self._uplink else configured_s

    async def drain(self, *, within_s: float) -> None:
        """Waits until the centre has everything, or the link is down, or the time is over."""
        if self._uplink is not None:
            await self._uplink.drain(within_s=within_s)

    def stop(self) -> None:
        """Says farewell when there is a link, and ends `run`."""
        self._stop.set()
        if self._uplink is not None:
            self._uplink.stop()
