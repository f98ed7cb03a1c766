"""Whether the gateway's own clock can be believed: it never goes behind what was already kept, nor jumps."""

from __future__ import annotations

from typing import Literal

from device_profiles.clock import Clock

EARLIEST_MS = 1_704_067_200_000  # 2024-01-01: no gateway of ours ran before, so a clock that says so is wrong
JUMP_MS = 5000
DOUBT_AFTER_JUMP_S = 60.0


class ClockWatch:
    """Compares the wall clock with the monotonic one each time it is asked."""

    def __init__(self, clock: Clock, *, floor_ms: int = 0) -> None:
        self._clock = clock
        self._floor_ms = max(EARLIEST_MS, floor_ms)
        self._offset_ms = self._offset()
        self._doubtful_until = 0.0
        self.jumped = False

    def state(self) -> Literal["good", "doubtful"]:
        """Doubtful before the known floor, and for a minute after a jump of more than five seconds."""
        offset = self._offset()
        if abs(offset - self._offset_ms) > JUMP_MS:
            self.jumped = True
            self._doubtful_until = self._clock.monotonic() + DOUBT_AFTER_JUMP_S
        self._offset_ms = offset
        behind = self._clock.now_ms() < self._floor_ms - JUMP_MS
        return "doubtful" if behind or self._clock.monotonic() < self._doubtful_until else "good"

    def _offset(self) -> float:
        return self._clock.now_ms() - self._clock.monotonic() * 1000
