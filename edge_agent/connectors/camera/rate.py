"""Pictures per second from a running count, over the last seconds; pure."""

from __future__ import annotations

from dataclasses import dataclass

WINDOW_S = 10.0
KEPT_AT_LEAST = 2  # counts, however old: a camera with one picture in ten seconds has a rate, too
SETTLING_S = 2.0  # a new stream begins with a burst of what ffmpeg had buffered
LEAST_S = 2.0  # a rate over less is noise


@dataclass(frozen=True, slots=True)
class Rate:
    """Counts and when they were first seen, oldest first."""

    began: float | None = None
    counts: tuple[tuple[float, int], ...] = ()

    def per_s(self, at: float) -> float | None:
        """The rate up to now; None while it is too early to say."""
        if len(self.counts) < KEPT_AT_LEAST or self.counts[-1][0] - self.counts[0][0] < LEAST_S:
            return None
        (first_at, first), (_, previous), (last_at, last) = self.counts[0], self.counts[-2], self.counts[-1]
        # Were the next growth to come now, as large as the last: a camera that stalls cannot be faster than that.
        at_best = (last - first + last - previous) / (max(at, last_at) - first_at)
        return min((last - first) / (last_at - first_at), at_best)


def step(state: Rate, count: int, at: float) -> Rate:
    """The state after one more look at the count."""
    if count == 0:
        return Rate()
    began = at if state.began is None else state.began
    if at - began < SETTLING_S:
        return Rate(began)
    recent = tuple(entry for entry in state.counts if at - entry[0] <= WINDOW_S)
    if len(recent) < KEPT_AT_LEAST:
        recent = state.counts[-KEPT_AT_LEAST:]
    grown = not recent or count > recent[-1][1]
    return Rate(began, (*recent, (at, count)) if grown else recent)
