"""How fast a channel may send: a bucket of permits that fills steadily."""

from __future__ import annotations


class Permits:
    """Lets a short burst pass (a third of a minute's worth), then so many per minute."""

    def __init__(self, per_minute: int) -> None:
        self._per_s = per_minute / 60
        self._most = max(1.0, per_minute / 3)
        self._left = self._most
        self._at = 0.0

    def take(self, wanted: int, now_s: float) -> int:
        """How many may be sent now, at most those wanted; they count as sent."""
        self._left = min(self._most, self._left + (now_s - self._at) * self._per_s)
        self._at = now_s
        given = min(wanted, int(self._left + 1e-9))
        self._left -= given
        return given

    @property
    def interval_ms(self) -> float:
        """Time between two permits."""
        return 1000 / self._per_s
