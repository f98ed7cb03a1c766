"""Patience with a store that is away: holds what it should take, tries again, and says since when it is away."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from cloud.errors import StoreMisconfiguredError, StoreUnavailableError
from cloud.metrics import Metric, Metrics
from device_profiles.backoff import Backoff
from device_profiles.clock import Clock

log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(slots=True)
class Outage:
    """Whether a store works, and since when it does not."""

    fault: str = ""
    refused: bool = False  # it is there and does not want us
    since_ms: int = 0
    back_at: float = 0.0  # monotonic time of its last return


class Patience:
    """Repeats what a store does not take until it does. Nothing is dropped; the gateways' disks hold the rest."""

    def __init__(self, name: str, clock: Clock, metrics: Metrics, *, counter: Metric, probe_s: float) -> None:
        self._name = name
        self._clock = clock
        self._metrics = metrics
        self._counter = counter
        self._probe_s = probe_s
        self._backoff = Backoff(base_s=0.2, cap_s=10.0)
        self.outage = Outage()

    async def until_taken(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """What the attempt returns, as soon as it returns anything."""
        while True:
            try:
                result = await attempt()
            except StoreUnavailableError as error:
                self.lost(error)
                await self._clock.sleep(self.next_delay())
            else:
                self.regained()
                return result

    def next_delay(self) -> float:
        """Seconds until the next attempt: who is refused needs a person, so ask seldom, drop nothing."""
        return self._probe_s if self.outage.refused else self._backoff.next_delay()

    def lost(self, error: StoreUnavailableError) -> None:
        """An attempt failed."""
        self._metrics.add(self._counter)
        if not self.outage.fault:
            self.outage.since_ms = self._clock.now_ms()
            log.warning("store lost", extra={"store": self._name, "error": str(error)})
        self.outage.refused = isinstance(error, StoreMisconfiguredError)
        self.outage.fault = str(error) or type(error).__name__

    def regained(self) -> None:
        """An attempt was taken."""
        if self.outage.fault:
            away_s = (self._clock.now_ms() - self.outage.since_ms) / 1000
            log.warning("store back", extra={"store": self._name, "away_s": away_s})
            self.outage = Outage(back_at=self._clock.monotonic())
            self._backoff.reset()
