"""Everything that governs the broker, put together: the door that the registry uses, and the eye on the log."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from cloud.brokering.cut import SessionCutter
from cloud.brokering.door import MosquittoDoor
from cloud.brokering.log_file import LogFile
from cloud.brokering.log_lines import LogReader
from cloud.brokering.port import BrokerDoor, OpenDoor
from cloud.brokering.suspicion import Standing, Suspicions
from cloud.brokering.watch import BrokerWatch, Orders, SecurityEvents
from cloud.config import BrokerConfig
from device_profiles.clock import Clock


class Gatekeeper:
    """`door` is there at once; `run` follows the log until cancelled, where there is one to follow."""

    def __init__(
        self, config: BrokerConfig, *, events: SecurityEvents, standing: Callable[[str], Standing], clock: Clock
    ) -> None:
        self.door: BrokerDoor = OpenDoor()
        self._watch: BrokerWatch | None = None
        settings = config.door
        if settings is None:
            return
        cut = SessionCutter(config)
        self.door = door = MosquittoDoor(settings, cut, clock)
        if settings.log_file is not None:
            self._watch = BrokerWatch(
                LogFile(settings.log_file),
                LogReader(fleet_port=settings.fleet_port, own_ids=frozenset({config.client_id})),
                suspicions=Suspicions(standing),
                orders=Orders(events, cut, door.note_reload),
                clock=clock,
            )

    async def run(self) -> None:
        """Follows the broker's log."""
        if self._watch is None:
            await asyncio.Event().wait()
        else:
            await self._watch.run()
