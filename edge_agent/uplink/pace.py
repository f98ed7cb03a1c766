"""How much may be on its way at once: as much as the link returns receipts for in good time; pure."""

from __future__ import annotations

LEAST_BYTES = 4 * 1024  # about one full batch
FIRST_BYTES = 8 * 1024  # what a new session begins with: four seconds of a 16 kbit/s link, nothing on a LAN
MOST_BYTES = 1024 * 1024  # above the windows of all lanes together: a LAN is held by those, not by this
GOAL_S = 2.0  # a receipt within this is in good time: a live reading never waits longer for what goes before it
GOAL_SHARE = 0.25  # of the receipt time-out: the goal stays well below what would be sent again
NEAR_S = 0.25  # no thin link answers so soon: a LAN shall not be kept waiting
SHRINK = 0.7
SMOOTHING = 0.125  # of RFC 6298, the weight of a new round trip


class Pace:
    """Owns the measured round trips of one session. Times are monotonic seconds.

    A round trip lasts from the hand-over of a batch until its receipt: queue, line and the centre's commit. Well within
    the goal the window grows by what was received (it doubles per round trip), near the goal by a batch per round trip;
    beyond it, it shrinks once per round trip.
    """

    def __init__(self, *, receipt_timeout_s: float) -> None:
        self._longest_goal_s = max(GOAL_S / 4, receipt_timeout_s * GOAL_SHARE)
        self.begin()

    def begin(self) -> None:
        """A new session, perhaps over another link: nothing is known of it."""
        self.window_bytes = FIRST_BYTES
        self.round_trip_s = 0.0
        self._shortest_s = float("inf")
        self._shrunk_at = float("-inf")

    def received(self, size: int, *, took_s: float, now: float) -> None:
        """A batch of this size, sent once, found its receipt after so long."""
        self._shortest_s = min(self._shortest_s, took_s)
        before = self.round_trip_s or took_s
        self.round_trip_s = before + SMOOTHING * (took_s - before)
        goal_s = self._goal_s()
        if took_s > goal_s:
            self._shrink(took_s, now)
        elif took_s <= goal_s / 2:
            self._grow(size if took_s > NEAR_S else 4 * size)
        else:
            self._grow(size * LEAST_BYTES // self.window_bytes)

    def returned(self, size: int) -> None:
        """A batch that was sent more than once found its receipt: the link carries something again."""
        self._grow(size)

    def silent(self) -> None:
        """Something found no receipt in time: begin small again."""
        self.window_bytes = LEAST_BYTES

    def _goal_s(self) -> float:
        """Two seconds; on a link whose shortest round trip is long, twice that, within bounds."""
        return min(self._longest_goal_s, max(GOAL_S, 2 * self._shortest_s))

    def _grow(self, size: int) -> None:
        self.window_bytes = min(MOST_BYTES, self.window_bytes + size)

    def _shrink(self, took_s: float, now: float) -> None:
        """Once per round trip: what was sent before the last change says nothing about it."""
        if now - self._shrunk_at >= took_s:
            self.window_bytes = max(LEAST_BYTES, int(self.window_bytes * SHRINK))
            self._shrunk_at = now
