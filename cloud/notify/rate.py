"""How fast a channel may send, or a recipient be told: a bucket of permits that fills steadily."""

from __future__ import annotations


class Permits:
    """Lets a short burst pass (a third of a minute's worth), then so many per minute."""

    def __init__(self, per_minute: int) -> None:
        self._per_s = per_minute / 60
        self._most = max(1.0, per_minute / 3)
        self._left = self._most
        self._at = 0.0

    def left(self, now_s: float) -> int:
        """How many could be taken now."""
        self._left = min(self._most, self._left + (now_s - self._at) * self._per_s)
        self._at = now_s
        return int(self._left + 1e-9)

    def take(self, wanted: int, now_s: float) -> int:
        """How many may be sent now, at most those wanted; they count as sent."""
        given = min(wanted, self.left(now_s))
        self._left -= given
        return given

    def wait_s(self, now_s: float) -> float:
        """How long until the next one; 0 when there is one now."""
        return 0.0 if self.left(now_s) else (1 - self._left) / self._per_s
