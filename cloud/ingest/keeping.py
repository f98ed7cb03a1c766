"""Lets files of dead letters go in which everything was settled long ago; what is open stays for ever."""

from __future__ import annotations

import asyncio
import logging

from pydantic import Field

from cloud.errors import StoreUnavailableError
from cloud.ingest.graveyard import Graveyard
from device_profiles.clock import Clock
from device_profiles.schema import Strict

log = logging.getLogger(__name__)

DAY_S = 86_400.0
DAY_MS = 86_400_000


class DeadLettersConfig(Strict):
    """How long settled dead letters stay."""

    keep_settled_days: int = Field(
        365, ge=0, le=36_500, description="Days after the last letter of a day was retried or discarded; 0 = for ever."
    )


class Keeping:
    """Looks once a day."""

    def __init__(self, graveyard: Graveyard, config: DeadLettersConfig, clock: Clock) -> None:
        self._graveyard = graveyard
        self._days = config.keep_settled_days
        self._clock = clock

    async def run(self) -> None:
        """Until cancelled, or at once when everything is kept for ever."""
        while self._days:
            before = self._clock.now_ms() - self._days * DAY_MS
            try:
                gone = await asyncio.to_thread(self._graveyard.prune, before=before)
            except StoreUnavailableError as error:
                log.warning("settled dead letters not pruned", extra={"error": str(error)})
            else:
                if gone:
                    log.info("settled dead letters pruned", extra={"letters": gone})
            await self._clock.sleep(DAY_S)
