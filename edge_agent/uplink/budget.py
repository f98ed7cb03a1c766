"""How many bytes may still be sent today: events always, new readings until then, the backlog least; pure."""

from __future__ import annotations

from device_profiles.wire import Channel

DAY_MS = 86_400_000
HANOI_MS = 7 * 3_600_000  # Asia/Ho_Chi_Minh has been UTC+7 without summer time since 1975
OVERHEAD_BYTES = 110  # topic, MQTT, TCP and IP heads of one publish and its acknowledgement
BACKLOG_SHARE = 0.6  # of the day's bytes that the backlog may use up; the rest is for what is read today
NONE = frozenset[Channel]()


class Budget:
    """Owns what was sent on this day of the SIM; the day begins at midnight in Vietnam."""

    def __init__(self, bytes_per_day: int | None, *, day: int = 0, spent: int = 0) -> None:
        self.bytes_per_day = bytes_per_day
        self.day = day
        self.spent = spent

    def spend(self, payload_bytes: int, *, now: int) -> None:
        """So many bytes were just handed to the broker."""
        self._turn(now)
        self.spent += payload_bytes + OVERHEAD_BYTES

    def closed(self, *, now: int) -> frozenset[Channel]:
        """The lanes that have to wait for midnight."""
        self._turn(now)
        if self.bytes_per_day is None or self.spent < BACKLOG_SHARE * self.bytes_per_day:
            return NONE
        if self.spent < self.bytes_per_day:
            return frozenset({Channel.BACKLOG})
        return frozenset({Channel.BACKLOG, Channel.READINGS})

    def _turn(self, now: int) -> None:
        today = day_of(now)
        if today != self.day:
            self.day, self.spent = today, 0


def day_of(now: int) -> int:
    """The number of the day in Vietnam."""
    return (now + HANOI_MS) // DAY_MS
