"""Slows down guessing: too many failed log-ins for one name from one address, or from one address at all, must wait."""

from __future__ import annotations

from collections import OrderedDict, deque

WINDOW_MS = 15 * 60_000
PER_NAME = 5  # failures for one name from one address; another address may still log in, so nobody is locked out
PER_ADDRESS = 30  # failures from one address, whatever the names
MOST_KEYS = 10_000  # bounds the memory that an attacker can claim


class Attempts:
    """Counts failed log-ins of the last quarter of an hour, in memory."""

    def __init__(self) -> None:
        self._failures: OrderedDict[tuple[str, ...], deque[int]] = OrderedDict()

    def wait_ms(self, name: str, address: str, *, now: int) -> int:
        """How long this name must wait at this address; 0 = may try."""
        return max(self._wait((name, address), PER_NAME, now), self._wait((address,), PER_ADDRESS, now))

    def failed(self, name: str, address: str, *, now: int) -> None:
        """Counts a failure."""
        for key, most in (((name, address), PER_NAME), ((address,), PER_ADDRESS)):
            self._failures.setdefault(key, deque(maxlen=most)).append(now)
            self._failures.move_to_end(key)
        while len(self._failures) > MOST_KEYS:
            self._failures.popitem(last=False)

    def succeeded(self, name: str, address: str) -> None:
        """Forgets the failures of this name at this address."""
        self._failures.pop((name, address), None)

    def _wait(self, key: tuple[str, ...], most: int, now: int) -> int:
        times = self._failures.get(key, deque())
        if len(times) < most:
            return 0
        return max(0, times[0] + WINDOW_MS - now)
