"""How the sectors stand, kept for some seconds and worked out piece by piece, so that nobody else waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from cloud.sectors.plan import SectorPlan
from cloud.sectors.standing import Fleet
from device_profiles.clock import Clock

HOLDS_S = 5.0  # the pages name the age of what they show, and people do not read faster


@dataclass(frozen=True, slots=True)
class _Read:
    """What was worked out: when, and after how many changes of alarms."""

    changes: int
    at: float
    fleet: Fleet


class SectorBoard:
    """The devices and open alarms of the province, sorted for its sectors, with every sector's standing worked out."""

    def __init__(
        self,
        read: Callable[[], Awaitable[Fleet]],
        plans: Callable[[], Sequence[SectorPlan]],
        *,
        changes: Callable[[], int],
        clock: Clock,
    ) -> None:
        """`read` sorts what there is now; `changes` counts what was committed about alarms."""
        self._read = read
        self._plans = plans
        self._changes = changes
        self._clock = clock
        self._kept: _Read | None = None
        self._turn = asyncio.Lock()

    async def fleet(self) -> Fleet:
        """At most some seconds old, and never older than the newest alarm."""
        async with self._turn:  # whoever waits takes what the one before has worked out
            kept = self._kept
            if kept is None or not self._holds(kept):
                kept = self._kept = await self._worked_out()
            return kept.fleet

    def _holds(self, kept: _Read) -> bool:
        return kept.changes == self._changes() and self._clock.monotonic() - kept.at <= HOLDS_S

    async def _worked_out(self) -> _Read:
        changes, at = self._changes(), self._clock.monotonic()  # before reading: what changes meanwhile is read again
        fleet = await self._read()
        for plan in self._plans():
            fleet.standing(plan)
            await asyncio.sleep(0)
        return _Read(changes, at, fleet)
