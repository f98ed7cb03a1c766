"""When the story begins: the devices stand still at its first moment until somebody can watch."""

from __future__ import annotations

from device_profiles.clock import Clock


class StoryClock:
    """Seconds since the story began; zero before."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._begun_at: float | None = None

    def begin(self) -> None:
        """Starts to count; later calls change nothing."""
        if self._begun_at is None:
            self._begun_at = self._clock.monotonic()

    def elapsed(self) -> float:
        """Seconds since the beginning."""
        return 0.0 if self._begun_at is None else self._clock.monotonic() - self._begun_at
