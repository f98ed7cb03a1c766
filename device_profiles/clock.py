"""How the house tells time: UTC milliseconds for facts, a monotonic count of seconds for intervals."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

LEAST_SLEEP_S = 0.05  # real seconds: at an hour a second, a loop that looks every minute leaves the machine in peace


class Clock(Protocol):
    """Time as a value that is handed in, so that tests own it."""

    def now_ms(self) -> int:
        """Milliseconds since 1970 UTC; may jump when somebody sets the clock."""

    def monotonic(self) -> float:
        """Seconds from an arbitrary start; never jumps."""

    async def sleep(self, seconds: float) -> None:
        """Returns after so many monotonic seconds."""


class SystemClock:
    """The machine's own clock."""

    def now_ms(self) -> int:
        """Milliseconds since 1970 UTC."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Seconds from an arbitrary start."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Waits without holding up anything else."""
        await asyncio.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Pace:
    """From the machine's monotonic second `since_s` on, `elapsed_s` of the story are over, and it runs `speed` times
    as fast as real time; 0 = it stands still. All programs of one machine count the same monotonic seconds."""

    since_s: float
    elapsed_s: float
    speed: float

    def elapsed_at(self, machine_s: float) -> float:
        """Seconds of the story that are over at a moment of the machine, were this pace kept."""
        return self.elapsed_s + max(0.0, machine_s - self.since_s) * self.speed


def pace_at(paces: Sequence[Pace], machine_s: float) -> Pace:
    """The pace that holds at a moment; before the first one the story stands where that begins."""
    begun = [pace for pace in paces if pace.since_s <= machine_s]
    return begun[-1] if begun else Pace(machine_s, paces[0].elapsed_s, 0.0)


class ScaledClock:
    """The time of an exercise: it runs from `begin_ms` at `speed`, until `follow` says otherwise.

    `now_ms` and `monotonic` never part: both count the seconds of the story.
    """

    def __init__(self, begin_ms: int, speed: float, *, machine: Clock | None = None) -> None:
        self._machine: Clock = machine or SystemClock()
        self.begin_ms = begin_ms
        self._paces: tuple[Pace, ...] = (Pace(self._machine.monotonic(), 0.0, speed),)
        self._changed = asyncio.Event()

    @property
    def speed(self) -> float:
        """Seconds of the story in a real second, now."""
        return pace_at(self._paces, self._machine.monotonic()).speed

    def follow(self, paces: Sequence[Pace]) -> None:
        """Takes these paces, oldest first; the last may lie ahead, so that all programs turn at once."""
        now = self._machine.monotonic()
        begun = sum(pace.since_s <= now for pace in paces)
        live = tuple(paces[max(0, begun - 1) :])  # what is over is not asked for again
        if live and live != self._paces:
            self._paces = live
            self._changed.set()
            self._changed = asyncio.Event()

    def now_ms(self) -> int:
        """Milliseconds since 1970 UTC, in the story."""
        return self.begin_ms + round(self.monotonic() * 1000)

    def monotonic(self) -> float:
        """Seconds since the story's begin."""
        machine_s = self._machine.monotonic()
        return pace_at(self._paces, machine_s).elapsed_at(machine_s)

    async def sleep(self, seconds: float) -> None:
        """Waits for so many seconds of the story, and never less than a twentieth of a real one."""
        until = self.monotonic() + seconds
        await self._machine.sleep(max(0.0, min(LEAST_SLEEP_S, seconds)))
        while (rest_s := until - self.monotonic()) > 0:
            changed = self._changed
            with suppress(TimeoutError):
                async with asyncio.timeout(self._real_s(rest_s)):
                    await changed.wait()

    def _real_s(self, rest_s: float) -> float | None:
        """Real seconds until so much of the story is over, or another pace begins; None while it stands still."""
        now = self._machine.monotonic()
        waits = [pace.since_s - now for pace in self._paces if pace.since_s > now]
        if self.speed > 0:
            waits.append(rest_s / self.speed)
        return min(waits, default=None)


class PatientClock:
    """Dates in a story and waits in real time: for whoever waits for machines, which know nothing of the story."""

    def __init__(self, story: Clock, machine: Clock | None = None) -> None:
        self._story = story
        self._machine: Clock = machine or SystemClock()

    def now_ms(self) -> int:
        """Milliseconds since 1970 UTC, in the story."""
        return self._story.now_ms()

    def monotonic(self) -> float:
        """Real seconds from an arbitrary start."""
        return self._machine.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Waits for so many real seconds."""
        await self._machine.sleep(seconds)


def machine_at(paces: Sequence[Pace], elapsed_s: float) -> float | None:
    """The machine's moment at which so much of the story was over first; None when these paces never come so far."""
    for index, pace in enumerate(paces):
        following = paces[index + 1].since_s if index + 1 < len(paces) else None
        if elapsed_s <= pace.elapsed_s:
            return pace.since_s
        moment = pace.since_s + (elapsed_s - pace.elapsed_s) / pace.speed if pace.speed > 0 else None
        if moment is not None and (following is None or moment <= following):
            return moment
    return None
