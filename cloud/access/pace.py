"""Keeps one caller from taking the centre away from the others: so many requests a second on average, and a burst."""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass

MOST_KEYS = 10_000  # bounds the memory that an attacker can claim
ADDRESS_SHARES = 5  # an address may be a whole office behind one router


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast one caller may ask; `per_s` 0 = as fast as he likes."""

    per_s: float = 0.0
    burst: int = 500


class Purses:
    """What each caller has left: a purse fills by `per_s` and holds at most `burst`. In memory."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, caller: str, address: str, *, now: float) -> int:
        """0 = may pass, and that is paid for; else after how many seconds to ask again. `caller` empty = a stranger."""
        if not self._pace.per_s:
            return 0
        waits = [self._pay(f"@{address}", ADDRESS_SHARES if caller else 1, now)]
        if caller:
            waits.append(self._pay(caller, 1, now))
        return math.ceil(max(waits))

    def _pay(self, key: str, shares: int, now: float) -> float:
        per_s, burst = self._pace.per_s * shares, float(self._pace.burst * shares)
        left, at = self._left.pop(key, (burst, now))
        left = min(burst, left + max(0.0, now - at) * per_s)
        self._left[key] = (left - 1 if left >= 1 else left, now)
        while len(self._left) > MOST_KEYS:
            self._left.popitem(last=False)
        return 0.0 if left >= 1 else (1 - left) / per_s
