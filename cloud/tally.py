"""Counts over restarts what only the state store knows: alarms raised and notices sent."""

from __future__ import annotations

import asyncio
from typing import NoReturn

from cloud.errors import StoreUnavailableError
from cloud.store.base import AlarmFilter, StateStore
from cloud.store.notice_port import NoticeStore
from device_profiles.clock import Clock

LOOK_S = 1.0
PAGE = 1000
WAITING = ("pending", "calling")


class Tally:
    """Asks the store again only while something is under way."""

    def __init__(self, state: StateStore, notices: NoticeStore, clock: Clock) -> None:
        self._state = state
        self._notices = notices
        self._clock = clock
        self._is_settled = False
        self.started_at = clock.now_ms()
        self.alarms_before = 0
        self.notices_sent = 0

    def stir(self) -> None:
        """New notices were committed."""
        self._is_settled = False

    def count_alarms(self) -> None:
        """Counts the alarms of earlier runs. Blocks: call it in a worker thread, before the flow starts."""
        before: str | None = None
        while page := self._state.alarms(AlarmFilter(), before=before, limit=PAGE):
            self.alarms_before += len(page)
            before = page[-1].id
            if len(page) < PAGE:
                return

    async def run(self) -> NoReturn:
        """Follows the notices, until cancelled."""
        while True:
            if not self._is_settled:
                self._is_settled = True
                try:
                    counts = await asyncio.to_thread(self._notices.counts)
                except StoreUnavailableError:
                    self._is_settled = False
                else:
                    self.notices_sent = counts.get("sent", 0)
                    self._is_settled &= not any(counts.get(state) for state in WAITING)
            await self._clock.sleep(LOOK_S)
