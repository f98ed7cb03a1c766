"""How long readings are collected into one batch: longer on a link that is slow to acknowledge; pure."""

from __future__ import annotations

EASY_S = 1.0  # an acknowledgement within this: a satellite link is slow as well, but not full
HARD_S = 3.0  # beyond this the link is full: what is sent waits for what was sent before
LONGEST_BATCH_S = 10.0  # so much later may a reading come; events never wait
SMOOTHING = 0.125  # of RFC 6298, the weight of a new round trip


class Collecting:
    """Owns the time that the broker's acknowledgements take, over all sessions: a link is as thin as it was yesterday.

    A batch costs some 300 bytes whatever is in it, and its columns pack the better the longer they are: three devices
    with three points read every second cost 69 bytes a reading in batches of 1 s, 6 in batches of 10 s. The receipt's
    time would not do: it is the centre's as well, and a busy centre is no reason to collect.
    """

    def __init__(self) -> None:
        self._usual_s = 0.0

    def acknowledged(self, took_s: float) -> None:
        """A publish found its PUBACK after so long."""
        self._usual_s += SMOOTHING * (took_s - self._usual_s)

    def batch_s(self, configured_s: float) -> float:
        """Between what is configured and the longest, by how hard the link has it."""
        strain = min(1.0, max(0.0, (self._usual_s - EASY_S) / (HARD_S - EASY_S)))
        return configured_s + strain * max(0.0, LONGEST_BATCH_S - configured_s)
