"""Follows the broker's log: reports what was refused, puts out who has no business there, hears of each reload."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Protocol

from cloud.brokering.log_file import LogFile
from cloud.brokering.log_lines import LogReader, Reloaded
from cloud.brokering.port import DoorError
from cloud.brokering.suspicion import Suspicion, Suspicions
from device_profiles.clock import Clock

log = logging.getLogger(__name__)

LOOK_S: Final = 0.25


class SecurityEvents(Protocol):
    """Where refusals are reported."""

    async def record(self, kind: str, *, gateway: str = "", source: str = "", detail: str = "") -> None:
        """Keeps an event; never raises because a database is away."""


@dataclass(frozen=True, slots=True)
class Orders:
    """What the watch may do: report, end the session of a client id, say that the broker has read its files again."""

    events: SecurityEvents
    cut: Callable[[str], Awaitable[None]]
    reloaded: Callable[[], None]


class BrokerWatch:
    """One eye on one log; a log that cannot be read is said once, and looked for again."""

    def __init__(
        self, file: LogFile, reader: LogReader, *, suspicions: Suspicions, orders: Orders, clock: Clock
    ) -> None:
        self._file = file
        self._reader = reader
        self._suspicions = suspicions
        self._orders = orders
        self._clock = clock
        self._blind = False

    async def run(self) -> None:
        """Looks until cancelled."""
        while True:
            lines = await asyncio.to_thread(self._new_lines)
            await self._take(lines)
            await self._clock.sleep(0 if self._file.has_more else LOOK_S)

    async def _take(self, lines: list[str]) -> None:
        now = self._clock.now_ms()
        suspected: list[Suspicion] = []
        for line in lines:
            for finding in self._reader.take(line):
                if isinstance(finding, Reloaded):
                    self._orders.reloaded()
                suspected += self._suspicions.of(finding, now)
        for each in self._suspicions.news(suspected, now):
            await self._orders.events.record(each.kind, gateway=each.gateway, source=each.source, detail=each.detail)
        for client in sorted({each.client for each in suspected if each.puts_out}):
            await self._put_out(client)

    async def _put_out(self, client: str) -> None:
        try:
            await self._orders.cut(client)
        except DoorError as error:
            log.warning("session not cut", extra={"client": client, "error": str(error)})

    def _new_lines(self) -> list[str]:
        try:
            lines = self._file.new_lines()
        except OSError as error:
            if not self._blind:
                log.warning("the broker's log cannot be read", extra={"error": str(error)})
            self._blind = True
            return []
        self._blind = False
        return lines
