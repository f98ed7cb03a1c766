"""Keeps the books of the byte budget: counts what is sent, writes it down, and says when lanes close or open."""

from __future__ import annotations

import logging

from device_profiles.clock import Clock
from device_profiles.wire import Channel
from edge_agent.outbox.owner import OutboxOwner
from edge_agent.uplink.budget import NONE, Budget

log = logging.getLogger(__name__)


class Spending:
    """Owns the bytes of the day over all sessions."""

    def __init__(self, bytes_per_day: int | None, *, outbox: OutboxOwner, clock: Clock) -> None:
        counters = outbox.counters()
        self._budget = Budget(bytes_per_day, day=counters.spent_day, spent=counters.spent_bytes)
        self._outbox = outbox
        self._clock = clock
        self._closed = NONE

    def spend(self, payload: bytes) -> None:
        """This was just handed to the broker."""
        self._budget.spend(len(payload), now=self._today())

    def closed(self) -> frozenset[Channel]:
        """The lanes that wait on disk until midnight."""
        closed = self._budget.closed(now=self._today())
        if closed != self._closed:
            facts = {"spent_bytes": self._budget.spent, "closed": ", ".join(sorted(closed)) or "none"}
            log.warning("byte budget of the day closes or opens lanes", extra=facts)
        self._closed = closed
        return closed

    async def write_down(self) -> None:
        """Now and then is enough: a kill forgets the bytes of one health period."""
        if self._budget.bytes_per_day is not None:
            await self._outbox.note_spent(day=self._budget.day, spent=self._budget.spent)

    def _today(self) -> int:
        """A clock that is not set yet does not begin a new day."""
        return max(self._clock.now_ms(), self._outbox.counters().latest_at)
