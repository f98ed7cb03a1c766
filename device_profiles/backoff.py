"""How long to wait before trying again: exponential, capped, with full jitter, so a fleet never marches in step."""

from __future__ import annotations

import random


class Backoff:
    """Delays between attempts; `reset` only after the link has really been good for a while.

    Full jitter after M. Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015).
    """

    def __init__(self, *, base_s: float = 1.0, cap_s: float = 60.0, dice: random.Random | None = None) -> None:
        self._base_s = base_s
        self._cap_s = cap_s
        self._dice = dice or random.Random()  # noqa: S311 -- spreads load, protects nothing
        self._attempt = 0

    def next_delay(self) -> float:
        """Seconds to wait now; the ceiling doubles with each call up to the cap."""
        ceiling = min(self._cap_s, self._base_s * 2.0 ** min(self._attempt, 32))
        self._attempt += 1
        return self._dice.uniform(0, ceiling)

    def reset(self) -> None:
        """Forgets past failures."""
        self._attempt = 0
