"""Readings as functions of time: a value that holds until the next one, and an amount since the last report. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Times = npt.NDArray[np.int64]  # ms since 1970 UTC, rising
Figures = npt.NDArray[np.float64]  # NaN where nothing is known
Truth = npt.NDArray[np.bool_]

WHOLE = 0.75  # of a window must be covered, or its mean is not known (TT 10/2021, QCVN 05:2023: 75 % of the data)


@dataclass(frozen=True, slots=True)
class Signal:
    """Readings of one point. Each value holds until the next one, and at most `hold_ms`: beyond it nothing is known.

    ```
      value  ────┐ hold_ms       ┌──────
                 └─?             │
             t0      .        t1
    ```
    Windows are `(begin, end]`: a reading at the full hour closes that hour, as stations stamp their means.
    """

    times: Times  # from when each value holds
    ends: Times  # until when
    values: Figures
    hold_ms: int

    @property
    def spans(self) -> Times:
        """How long each value holds."""
        return self.ends - self.times


def signal_of(times: Sequence[int], values: Sequence[float], hold_ms: int) -> Signal:
    """A signal of plain readings."""
    begins = np.asarray(times, dtype=np.int64)
    gaps = np.diff(begins, append=begins[-1:] + hold_ms)
    return Signal(begins, begins + np.minimum(gaps, hold_ms), np.asarray(values, dtype=np.float64), hold_ms)


def having(signal: Signal, values: Figures) -> Signal:
    """The same times with other values."""
    return Signal(signal.times, signal.ends, values, signal.hold_ms)


def where(signal: Signal, truth: Truth) -> Signal:
    """1 where a condition on the values holds and 0 elsewhere: its mean is a share of time."""
    return having(signal, truth.astype(np.float64))


def since_before(signal: Signal) -> Signal:
    """The same readings, each of the time since the one before: a mean that a station stamps at its end."""
    return Signal(signal.times - _reported(signal), signal.times, signal.values, signal.hold_ms)


def covered_ms(signal: Signal, begin: Times, end: Times) -> Figures:
    """For how long of each window a value is known."""
    return np.asarray(
        _upto(signal, np.ones_like(signal.values), end) - _upto(signal, np.ones_like(signal.values), begin)
    )


def integral_ms(signal: Signal, begin: Times, end: Times) -> Figures:
    """Value times milliseconds over the known part of each window; 0 where nothing is known."""
    return np.asarray(_upto(signal, signal.values, end) - _upto(signal, signal.values, begin))


def mean(signal: Signal, begin: Times, end: Times, *, whole: float = WHOLE) -> Figures:
    """The mean over each window, weighted by time; NaN where less than a share of it is known."""
    known: Figures = covered_ms(signal, begin, end)
    enough = (known > 0) & (known >= whole * (end - begin) - 1)
    total = integral_ms(signal, begin, end)
    return np.where(enough, total / np.where(known > 0, known, 1.0), np.nan)


def known_share(signal: Signal, begin: Times, end: Times) -> Figures:
    """How much of each window is known, 0 to 1."""
    return np.asarray(covered_ms(signal, begin, end) / np.maximum(end - begin, 1), dtype=np.float64)


def standing(signal: Signal, at: Times) -> Figures:
    """The value that holds at each time; NaN where it has been too long."""
    place = np.searchsorted(signal.times, at, side="right") - 1
    value = signal.values[np.maximum(place, 0)]
    age = at - signal.times[np.maximum(place, 0)]
    return np.where((place >= 0) & (age < signal.hold_ms), value, np.nan)


def lowest(signal: Signal, begin: Times, end: Times) -> Figures:
    """The least reading of each window, NaN where there is none."""
    return _extreme(signal, begin, end, np.min)


def highest(signal: Signal, begin: Times, end: Times) -> Figures:
    """The greatest reading of each window, NaN where there is none."""
    return _extreme(signal, begin, end, np.max)


# --- amounts --------------------------------------------------------------------------------------------------------


def amount(signal: Signal, begin: Times, end: Times) -> Figures:
    """The sum of what each window's readings report since the one before; NaN where there is none."""
    sums = np.concatenate(([0.0], np.cumsum(signal.values)))
    first = np.searchsorted(signal.times, begin, side="right")
    last = np.searchsorted(signal.times, end, side="right")
    return np.where(last > first, sums[last] - sums[first], np.nan)


def reported_ms(signal: Signal, begin: Times, end: Times) -> Figures:
    """How much of each window the reports speak of: each of the time since the one before, at most `hold_ms`."""
    return covered_ms(since_before(signal), begin, end)


def rise(signal: Signal, begin: Times, end: Times) -> Figures:
    """How much a counter grew in each window; one that fell was reset, and begins again at 0."""
    steps = np.diff(signal.values, prepend=signal.values[:1])
    return amount(having(signal, np.where(steps < 0, signal.values, steps)), begin, end)


def _reported(signal: Signal) -> Times:
    gaps = np.diff(signal.times, prepend=signal.times[:1] - signal.hold_ms)
    return np.minimum(gaps, signal.hold_ms)


def _upto(signal: Signal, weights: Figures, at: Times) -> Figures:
    """The integral of the known part up to each time."""
    spans = signal.spans
    sums = np.concatenate(([0.0], np.cumsum(weights * spans)))
    place = np.searchsorted(signal.times, at, side="right") - 1
    inside = np.maximum(place, 0)
    part = np.minimum(np.maximum(at - signal.times[inside], 0), spans[inside]) * weights[inside]
    return np.where(place >= 0, sums[inside] + part, 0.0)


def _extreme(signal: Signal, begin: Times, end: Times, pick: Callable[[Figures], np.float64]) -> Figures:
    first = np.searchsorted(signal.times, begin, side="right")
    last = np.searchsorted(signal.times, end, side="right")
    found = [
        float(pick(signal.values[a:b])) if b > a else np.nan for a, b in zip(first.tolist(), last.tolist(), strict=True)
    ]
    return np.asarray(found, dtype=np.float64)
