"""How the house tells time: UTC milliseconds for facts, a monotonic count of seconds for intervals."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol


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
