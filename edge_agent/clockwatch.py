"""The gateway's own time: it runs by the monotonic clock, and follows the wall clock where that can be believed."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Literal

from device_profiles.clock import Clock, ScaledClock

log = logging.getLogger(__name__)

EARLIEST_MS = 1_704_067_200_000  # 2024-01-01: no gateway of ours ran before, so a clock that says so is wrong
JUMP_MS = 5000  # what the wall clock may differ at one look without anybody having set it
SETTLE_S = 60.0  # a step that stands for so long is meant
PATIENCE_S = 3600.0  # a possible time behind the last known one is believed, in doubt, after so long without a better
SLOWED_MS = 3_600_000  # steps back up to this are waited for at half speed; beyond it own time goes back
SLOW_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class _Claim:
    """What the wall clock says against own time, and since when (monotonic seconds)."""

    offset_ms: float
    since: float


class ClockWatch:
    """A clock like any other for the agent's parts; while nobody knows the time it counts from the start of the boot.

    Own time never goes back, except when the wall clock is set back by more than an hour and stays there.
    """

    def __init__(self, clock: Clock, *, floor_ms: int = 0, boot: str = "") -> None:
        self._clock = clock
        self._floor_ms = max(EARLIEST_MS, floor_ms)
        self._offset_ms: float | None = None
        self._claim: _Claim | None = None
        self._began_ms: int | None = None
        self._given_ms = 0
        self._looked = clock.monotonic()
        self.boot = boot
        self.jumped = False
        self._is_story = isinstance(clock, ScaledClock)
        if isinstance(clock, ScaledClock):  # an exercise's time is never in doubt
            self._offset_ms = self._began_ms = clock.begin_ms
        else:
            self._begin()

    @property
    def began_ms(self) -> int | None:
        """When this boot began, as it was found when the time became known; None while nobody knows it."""
        self.look()
        return self._began_ms

    @property
    def is_behind(self) -> bool:
        """Whether the wall clock says less than the last known time: nothing can be judged by it."""
        return not self._is_story and self._clock.now_ms() < self._floor_ms - JUMP_MS

    def now_ms(self) -> int:
        """Own time in ms since 1970 UTC; ms since the boot while nobody knows the time."""
        self.look()
        self._given_ms = max(self._given_ms, round((self._offset_ms or 0) + self._clock.monotonic() * 1000))
        return self._given_ms

    def monotonic(self) -> float:
        """Seconds since the boot; never jumps."""
        return self._clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Returns after so many monotonic seconds."""
        await self._clock.sleep(seconds)

    def state(self) -> Literal["good", "doubtful"]:
        """Doubtful while the wall clock says something else than own time, or less than the last known time."""
        now = self.now_ms()
        is_behind = not self._is_story and now < self._floor_ms - JUMP_MS
        return "doubtful" if self._claim is not None or is_behind else "good"

    def look(self) -> None:
        """Compares the clocks; somebody has to look every few seconds, so that a step is seen as one."""
        if self._is_story:
            return
        now = self._clock.monotonic()
        offset = self._clock.now_ms() - now * 1000
        if self._offset_ms is None:
            self._look_for_time(offset, now)
        else:
            self._compare(self._offset_ms, offset, now)
        self._looked = now

    def _begin(self) -> None:
        self.look()
        if self._offset_ms is None:
            log.warning("clock not set, readings are kept undated", extra={"says_ms": self._clock.now_ms()})

    def _look_for_time(self, offset: float, now: float) -> None:
        says = offset + now * 1000
        if says < EARLIEST_MS:
            self._claim = None
        elif says >= self._floor_ms - JUMP_MS or self._stands_s(offset, now) >= PATIENCE_S:
            self._follow(offset)

    def _compare(self, own: float, offset: float, now: float) -> None:
        apart = offset - own
        if abs(apart) <= JUMP_MS:
            if self._claim is not None:
                log.info("clock agrees again")
            self._offset_ms, self._claim = offset, None
        elif self._stands_s(offset, now) < SETTLE_S:
            return
        elif -SLOWED_MS <= apart < 0:
            self._offset_ms = own - min(-apart, (now - self._looked) * 1000 * SLOW_SHARE)
        else:
            self.jumped = True
            self._follow(offset)

    def _stands_s(self, offset: float, now: float) -> float:
        """How long the wall clock has been saying this."""
        if self._claim is None or abs(self._claim.offset_ms - offset) > JUMP_MS:
            if self._offset_ms is not None:
                log.warning("clock was set", extra={"by_s": round((offset - self._offset_ms) / 1000)})
            self._claim = _Claim(offset, now)
        return now - self._claim.since

    def _follow(self, offset: float) -> None:
        """The wall clock is right: own time is what it says from here on."""
        log.info("clock followed", extra={"says_ms": self._clock.now_ms()})
        self._offset_ms, self._claim = offset, None
        if self._began_ms is None:
            self._began_ms = round(offset)
            self._given_ms += self._began_ms + 1  # behind everything that was counted, however that is rounded
        else:
            self._given_ms = 0
