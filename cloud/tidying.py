"""Garbage: looked for seldom under load, and once a minute among what is young."""

from __future__ import annotations

import gc
from typing import NoReturn

from device_profiles.clock import Clock

TIDY_S = 60.0
THRESHOLDS = (50_000, 20, 50)
YOUNG = 1  # generations 0 and 1


def look_seldom() -> None:
    """Windows of readings are many short-lived objects without cycles: looking for cycles at every 700th is waste."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)


class Tidier:
    """Takes away what the thresholds would leave lying for hours in a quiet centre: cycles that a failed request or
    a lost connection leaves behind. Among the young only, which takes a few milliseconds."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def run(self) -> NoReturn:
        """Until cancelled."""
        while True:
            await self._clock.sleep(TIDY_S)
            gc.collect(YOUNG)
