"""Lets closed alarms with their history, and the audit log, go when they are old enough; open alarms always stay."""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol

from pydantic import Field

from cloud.errors import StoreUnavailableError
from cloud.store.base import StateStore
from cloud.store.incident_files_port import IncidentFileStore
from device_profiles.clock import Clock
from device_profiles.schema import Strict

log = logging.getLogger(__name__)

DAY_S = 86_400.0
DAY_MS = 86_400_000
AT_ONCE = 500  # in one transaction, so that commits of readings never wait long for it


class RetentionConfig(Strict):
    """How long the centre remembers what is over; 0 = for ever."""

    alarm_days: int = Field(
        1825, ge=0, le=36_500, description="Days after the last thing that happened to a closed alarm."
    )
    audit_days: int = Field(
        730, ge=0, le=36_500, description="Days that a row of the audit log, or a note between shifts, stays."
    )


class _Forget(Protocol):
    def __call__(self, *, before: int, limit: int) -> int: ...


class Retention:
    """Looks once a day."""

    def __init__(self, state: StateStore, files: IncidentFileStore, config: RetentionConfig, clock: Clock) -> None:
        self._state = state
        self._files = files
        self._config = config
        self._clock = clock

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                alarms = await self._forget(self._state.forget_alarms, self._config.alarm_days)
                rows = await self._forget(self._state.forget_audit, self._config.audit_days)
                rows += await self._forget(self._files.forget_handovers, self._config.audit_days)
            except StoreUnavailableError as error:
                log.warning("old alarms not forgotten", extra={"error": str(error)})
            else:
                if alarms or rows:
                    log.info("old alarms forgotten", extra={"alarms": alarms, "audit_rows": rows})
            await self._clock.sleep(DAY_S)

    async def _forget(self, forget: _Forget, days: int) -> int:
        gone = 0
        while days:
            before = self._clock.now_ms() - days * DAY_MS
            went = await asyncio.to_thread(forget, before=before, limit=AT_ONCE)
            gone += went
            if went < AT_ONCE:
                break
        return gone
