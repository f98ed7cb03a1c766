"""For how much of the time a camera was there, and for how much of it its picture could be used."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from cloud.indices.grid import DAY_MS, HOUR_MS
from cloud.indices.signal import Signal, Times, covered_ms, integral_ms, standing, where
from cloud.indices.table import IndexTable, Place, Results, Signals

FAULTS = ("frozen", "black", "blurred", "moved", "over_exposed", "rain")  # what may spoil a picture


class CameraIndex(IndexTable):
    """Availability of a camera. Time of which nothing is known counts neither as there nor as away, and is told."""

    kind: Literal["camera"]
    least_known_pct: float = Field(ge=0, le=100, description="Of less of a window no availability is given.")

    @property
    def reach_ms(self) -> int:
        """A day."""
        return DAY_MS

    @property
    def words(self) -> tuple[frozenset[str], frozenset[str]]:
        """Whether it answers; the faults of its picture."""
        return frozenset({"online"}), frozenset(("online", *FAULTS))

    def work_out(self, signals: Signals, at: Times, place: Place) -> Results:
        """Shares of the hour and of 24 hours."""
        online = signals["online"]
        spoilt = usable(signals)
        found: Results = {}
        for name, span in (("1h", HOUR_MS), ("24h", DAY_MS)):
            begin, known = at - span, covered_ms(online, at - span, at)
            enough = known >= self.least_known_pct / 100 * span
            share = np.where(enough, 100 / np.maximum(known, 1), np.nan)
            found[f"online_{name}_pct"] = np.round(integral_ms(online, begin, at) * share, 2)
            found[f"usable_{name}_pct"] = np.round(integral_ms(spoilt, begin, at) * share, 2)
            found[f"known_{name}_pct"] = np.round(100 * known / span, 1)
        return found


def usable(signals: Signals) -> Signal:
    """1 while the camera is online and none of its faults is told, as long as `online` is known."""
    online = signals["online"]
    faults = [signals[name] for name in FAULTS if name in signals]
    if not faults:
        return where(online, online.values > 0)
    times = np.unique(np.concatenate([online.times, *(each.times for each in faults)]))
    good = standing(online, times) > 0
    for each in faults:
        good &= ~(standing(each, times) > 0)
    until = np.minimum(np.append(times[1:], times[-1:] + online.hold_ms), _known_until(online, times))
    return Signal(times, np.maximum(until, times), good.astype(np.float64), online.hold_ms)


def _known_until(signal: Signal, at: Times) -> Times:
    place = np.searchsorted(signal.times, at, side="right") - 1
    return np.asarray(np.where(place >= 0, signal.ends[np.maximum(place, 0)], at), dtype=np.int64)
