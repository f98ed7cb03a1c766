"""How people are served: waiting and throughput of a queue, and how satisfied they say they are."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from cloud.indices.grid import DAY_MS, HOUR_MS, day_begun
from cloud.indices.signal import (
    Figures,
    Signal,
    Times,
    amount,
    having,
    highest,
    integral_ms,
    mean,
    rise,
    signal_of,
    standing,
    where,
)
from cloud.indices.table import IndexTable, Place, Results, Signals


class QueueIndex(IndexTable):
    """A queue, by the hour and by the day so far."""

    kind: Literal["queue"]
    target_min: float = Field(gt=0, description="Nobody should wait longer.")

    @property
    def reach_ms(self) -> int:
        """The day so far."""
        return DAY_MS

    @property
    def words(self) -> tuple[frozenset[str], frozenset[str]]:
        """The waiting time in minutes; counters of people served and of open desks add to it."""
        return frozenset({"wait"}), frozenset({"wait", "served", "open"})

    def work_out(self, signals: Signals, at: Times, place: Place) -> Results:
        """Waiting while a desk is open: a closed office at night keeps nobody waiting and meets no target."""
        wait, today = signals["wait"], day_begun(at)
        opened = where(signals["open"], signals["open"].values > 0) if "open" in signals else None
        within = where(wait, wait.values <= self.target_min)
        found: Results = {
            "wait_1h": np.round(_while(wait, opened, at - HOUR_MS, at), 1),
            "wait_max_1h": highest(wait, at - HOUR_MS, at),
            "wait_today": np.round(_while(wait, opened, today, at), 1),
            "within_target_pct": np.round(100 * _while(within, opened, today, at), 1),
        }
        if "served" in signals:
            found["served_1h"] = rise(signals["served"], at - HOUR_MS, at)
            found["served_today"] = rise(signals["served"], today, at)
        return found


class SatisfactionIndex(IndexTable):
    """Scores from 1 to 5, of the last so many and of the day so far."""

    kind: Literal["satisfaction"]
    satisfied_from: int = Field(ge=2, le=5, description="A score from here on is satisfied.")
    last: int = Field(ge=10, le=1000, description="How many of the newest scores count.")
    least: int = Field(ge=1, le=1000, description="Of fewer scores no share is given.")
    days: int = Field(ge=1, le=90, description="Older scores are left out.")

    @property
    def reach_ms(self) -> int:
        """As old as a score may be."""
        return self.days * DAY_MS

    @property
    def words(self) -> tuple[frozenset[str], frozenset[str]]:
        """One score of one person."""
        return frozenset({"score"}), frozenset({"score"})

    def work_out(self, signals: Signals, at: Times, place: Place) -> Results:
        """The share of the satisfied, the mean of the day, and how many scores it had."""
        score, today = signals["score"], day_begun(at)
        count = np.nan_to_num(amount(having(score, np.ones_like(score.values)), today, at))
        total = np.nan_to_num(amount(score, today, at))
        return {
            "satisfied_pct": np.round(100 * self._share(score, at), 1),
            "score_today": np.where(count > 0, np.round(total / np.maximum(count, 1), 2), np.nan),
            "scores_today": count,
        }

    def _share(self, score: Signal, at: Times) -> Figures:
        happy = np.concatenate(([0.0], np.cumsum(score.values >= self.satisfied_from)))
        last = np.searchsorted(score.times, at, side="right")
        oldest = np.searchsorted(score.times, at - self.reach_ms, side="right")
        first = np.maximum(last - self.last, oldest)
        return np.where(last - first >= self.least, (happy[last] - happy[first]) / np.maximum(last - first, 1), np.nan)


def _while(signal: Signal, opened: Signal | None, begin: Times, end: Times) -> Figures:
    """The mean over what is known of a window while a desk was open; NaN when none was."""
    if opened is None:
        return mean(signal, begin, end, whole=0.0)
    times = np.union1d(signal.times, opened.times)
    value, is_open = standing(signal, times), standing(opened, times)
    counts = np.isfinite(value) & (is_open > 0)
    held = signal_of(times.tolist(), np.where(counts, np.nan_to_num(value), 0.0).tolist(), signal.hold_ms)
    time = integral_ms(where(held, counts), begin, end)
    return np.where(time > 0, integral_ms(held, begin, end) / np.where(time > 0, time, 1), np.nan)
