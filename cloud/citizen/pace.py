"""How often strangers may do something: from one address, and all together; pure."""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass

MOST_ADDRESSES = 10_000  # bounds the memory that strangers can claim


@dataclass(frozen=True, slots=True)
class Limit:
    """So many within a time."""

    most: int
    within_ms: int


class Pace:
    """Counts in memory; a restart forgets it. An address is kept no longer than its limit looks back."""

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._times: OrderedDict[str, deque[int]] = OrderedDict()

    def wait_ms(self, address: str, *, now: int) -> int:
        """How long this address must wait; 0 = it may, and that is counted."""
        self._forget(now)
        times = self._times.setdefault(address, deque())
        while times and times[0] <= now - self._limit.within_ms:
            times.popleft()
        if len(times) >= self._limit.most:
            return times[0] + self._limit.within_ms - now
        times.append(now)
        self._times.move_to_end(address)
        while len(self._times) > MOST_ADDRESSES:
            self._times.popitem(last=False)
        return 0

    def _forget(self, now: int) -> None:
        while self._times:
            address, times = next(iter(self._times.items()))
            if times and times[-1] > now - self._limit.within_ms:
                return
            del self._times[address]
