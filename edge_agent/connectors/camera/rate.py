"""Pictures per second from a running count, over the last seconds; pure."""

from __future__ import annotations

from dataclasses import dataclass

WINDOW_S = 10.0
KEPT_AT_LEAST = 2  # counts, however old: a camera with one picture in ten seconds has a rate, too
SETTLING_S = 2.0  # a new stream begins with a burst of what ffmpeg had buffered
LEAST_S = 2.0  # a rate over less is noise
STALLED_S = 2.0  # ffmpeg reports its count each second; without growth for longer the waiting counts as time too


@dataclass(frozen=True, slots=True)
class Rate:
    """Counts and when they were first seen, oldest first."""

    began: float | None = None
    counts: tuple[tuple[float, int], ...] = ()

    def per_s(self, at: float) -> float | None:
        """The rate up to now; None while it is too early to say."""
        if not self.counts:
            return None
        (first_at, first), (last_at, last) = self.counts[0], self.counts[-1]
        span_s = (at if at - last_at > STALLED_S else last_at) - first_at
        return (last - first) / span_s if span_s >= LEAST_S else None


def step(state: Rate, count: int, at: float) -> Rate:
    """The state after one more look at the count."""
    began = at if state.began is None else state.began
    if at - began < SETTLING_S:
        return Rate(began)
    recent = tuple(entry for entry in state.counts if at - entry[0] <= WINDOW_S)
    if len(recent) < KEPT_AT_LEAST:
        recent = state.counts[-KEPT_AT_LEAST:]
    grown = not recent or count > recent[-1][1]
    return Rate(began, (*recent, (at, count)) if grown else recent)
