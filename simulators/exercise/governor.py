"""How fast a story may run: as fast as it was told to, and slower while the centre cannot follow."""

from __future__ import annotations

from dataclasses import dataclass

# Seconds of the story between a reading's sending and its receipt. Rules of silence begin at 600: of these the step
# between two readings takes 300 and the wait for a turn some 260, and the lead gives 240 back.
TOO_LATE_S = 270.0
IN_TIME_S = 150.0
SLOWER, FASTER = 0.6, 1.4
SLOWEST = 10.0


@dataclass(frozen=True, slots=True)
class Governor:
    """The speed that somebody wants, and the one that it runs at."""

    wanted: float
    speed: float

    def heard(self, speed: float) -> Governor:
        """What the pace says now: a speed that is not ours was set by the trainer, and is wanted from then on."""
        return self if speed == self.speed else Governor(speed, speed)

    def next(self, lag_s: float) -> Governor:
        """After a look at how many real seconds the oldest batch has no receipt. A pause stays a pause."""
        late_s = lag_s * self.speed
        if late_s > TOO_LATE_S:
            slowest = min(self.wanted, SLOWEST)
            return Governor(self.wanted, max(slowest, self.speed * SLOWER))
        if late_s < IN_TIME_S and self.speed < self.wanted:
            return Governor(self.wanted, min(self.wanted, self.speed * FASTER))
        return self
