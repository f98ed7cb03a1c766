"""When a channel counts as out of order: so many attempts, or so long, without one success."""

from __future__ import annotations

from cloud.notify.pace import Pace


class Outage:
    """What is known of one channel since the start. Times in ms since 1970 UTC."""

    def __init__(self, pace: Pace) -> None:
        self._attempts = pace.outage_attempts
        self._after_ms = round(pace.outage_s * 1000)
        self._failures = 0
        self._first_at = 0
        self._last_at = 0
        self._worked = False

    def worked(self) -> None:
        """The channel has taken a notice."""
        self._failures, self._first_at, self._worked = 0, 0, True

    def failed(self, at: int, *, for_sure: bool = False) -> None:
        """It has not; `for_sure`: the channel itself is set up wrongly, and no more attempts need to show it."""
        self._first_at = self._first_at or at
        self._last_at = at
        self._failures += self._attempts if for_sure else 1

    @property
    def since(self) -> int:
        """When the outage began; 0 while there is none."""
        lasts = self._failures > 1 and self._last_at - self._first_at >= self._after_ms
        return self._first_at if self._failures >= self._attempts or lasts else 0

    @property
    def is_known(self) -> bool:
        """False until an attempt has said something: after a start nobody knows whether an old outage lasts."""
        return self._worked or self.since > 0
