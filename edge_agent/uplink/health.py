"""What the agent says of itself: counters, hours left, clock and the life signs of its devices."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from device_profiles.wire import Health, RunningConfiguration
from edge_agent.clockwatch import ClockWatch
from edge_agent.outbox.base import Bounds
from edge_agent.outbox.owner import OutboxOwner
from edge_agent.vitals import Vitals

RATE_SAMPLES = 360  # an hour at the default period of ten seconds
SHORTEST_STEP_S = 0.2  # whoever else asks does not make the memory of the rate shorter than it is
HOUR_S = 3600.0
HOUR_MS = 3_600_000


class HealthReport:
    """Owns the memory that the rate needs."""

    def __init__(
        self,
        *,
        outbox: OutboxOwner,
        bounds: Bounds,
        vitals: Vitals,
        watch: ClockWatch,
        running: Callable[[], RunningConfiguration | None] = lambda: None,
    ) -> None:
        self._outbox = outbox
        self._bounds = bounds
        self._vitals = vitals
        self._watch = watch
        self._running = running
        self._appended: deque[tuple[float, int]] = deque(maxlen=RATE_SAMPLES)

    def bound(self, bounds: Bounds) -> None:
        """The outbox keeps so much from now on."""
        self._bounds = bounds

    def hours_left(self) -> float | None:
        """How long the gateway could go without the centre; None before there is a rate."""
        counters, now, monotonic = self._outbox.counters(), self._watch.now_ms(), self._watch.monotonic()
        if not self._appended or monotonic - self._appended[-1][0] >= SHORTEST_STEP_S:
            self._appended.append((monotonic, counters.appended_bytes))
        return hours_left(
            self._bounds,
            backlog_bytes=counters.backlog_bytes,
            age_ms=max(0, now - counters.oldest_at) if counters.oldest_at else 0,
            appended=list(self._appended),
        )

    def document(self, *, reconnects: int) -> Health:
        """The health document of this moment."""
        counters, now = self._outbox.counters(), self._watch.now_ms()
        return Health(
            v=1,
            at=now,
            epoch=counters.epoch,
            next_sequence=counters.next_sequence,
            accepted=counters.accepted,
            backlog_batches=counters.backlog_batches,
            backlog_readings=counters.backlog_readings,
            backlog_bytes=counters.backlog_bytes,
            dropped_readings=counters.dropped_readings,
            reconnects=reconnects,
            hours_left=self.hours_left(),
            clock=self._watch.state(),
            devices=self._vitals.health(),
            running=self._running(),
        )


def hours_left(bounds: Bounds, *, backlog_bytes: int, age_ms: int, appended: list[tuple[float, int]]) -> float | None:
    """How long the gateway could go without the centre, at the rate of the last hour; None before there is one."""
    (begin, first), (end, last) = appended[0], appended[-1]
    if end <= begin or last <= first:
        return None
    by_bytes = max(0, bounds.max_bytes - backlog_bytes) / (last - first) * (end - begin) / HOUR_S
    by_age = max(0.0, bounds.max_days * 24 - age_ms / HOUR_MS)
    return round(min(by_bytes, by_age), 1)
