"""A glance over a whole column: which readings could reach a level, by kind and with what it remembers.

Never decides anything: it names readings too many rather than one too few, and the kind itself steps through them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cloud.rules.kinds.rate_of_change import MEMORY, UNIT_TIMES_MS, RateOfChange
from cloud.rules.kinds.threshold import Threshold
from cloud.rules.kinds.window import HANOI_MS, STEPS, Window
from cloud.rules.rule import Kind
from cloud.store.base import RawColumn

Times = NDArray[np.int64]
Figures = NDArray[np.float64]
Places = NDArray[np.int64]

SLACK = 1e-9  # of the largest sum: what adding in another order may change


@dataclass(frozen=True, slots=True)
class Glance:
    """Positions of the readings that may reach a level, rising, and how far back what the kind remembers can reach."""

    suspects: list[int]
    lead_ms: int


@np.errstate(over="ignore", invalid="ignore")
def glance(kind: Kind, column: RawColumn) -> Glance | None:
    """What must be looked at; None when every reading must, because the kind's memory may be endless."""
    if not column.times:
        return None
    times, values = np.asarray(column.times, np.int64), np.asarray(column.values, np.float64)
    if isinstance(kind, Window):
        worst = _ended_windows(kind, times, values) if kind.tumbling else _sliding_windows(kind, times, values)
        step_ms = kind.window_s * 1000 / STEPS if kind.step_s is None else kind.step_s * 1000
        lead_ms = round(2 * kind.window_s * 1000 + step_ms)
    elif isinstance(kind, RateOfChange):
        lead_ms = round(kind.window_s * 1000)
        if len(times) > 1 and int(np.diff(times).min()) * MEMORY < lead_ms:
            return None  # it does not remember every reading, and which ones depends on where it began
        worst = _slopes(kind, times, values)
    elif isinstance(kind, Threshold):
        worst, lead_ms = values * kind.ladder.sign, 0
    else:
        return None
    slack = SLACK * (1 + float(np.abs(values).sum()) + abs(kind.ladder.enter[0]))
    harmless = worst < kind.ladder.enter[0] - slack  # what is no number at all is not
    return Glance(np.flatnonzero(~harmless).tolist(), lead_ms)


def _sliding_windows(kind: Window, times: Times, values: Figures) -> Figures:
    """For each reading the figure of its window, or one at least as bad; -inf where there are too few readings."""
    step_ms = max(1, round((kind.window_s / STEPS if kind.step_s is None else kind.step_s) * 1000))
    aligned = times - times % step_ms
    first = np.searchsorted(aligned, aligned - round(kind.window_s * 1000) + step_ms)
    return _figures(kind, values, first, np.arange(len(values)) + 1)


def _ended_windows(kind: Window, times: Times, values: Figures) -> Figures:
    """The same for windows one after the other: the first reading behind a window judges it."""
    length = round(kind.window_s * 1000)
    window = times - (times + HANOI_MS) % length
    behind = np.flatnonzero(np.diff(window)) + 1
    begins = np.concatenate(([0], behind[:-1])) if len(behind) else behind
    worst = np.full(len(values), -np.inf)
    worst[behind] = _figures(kind, values, begins, behind)
    return worst


def _figures(kind: Window, values: Figures, begins: Places, ends: Places) -> Figures:
    """Figures over readings `begins` to `ends` (excluded), with the sign that makes higher worse."""
    sign = kind.ladder.sign
    counts = (ends - begins).astype(np.float64)
    if kind.figure == "count":
        worst = counts * sign
    elif kind.figure in ("sum", "mean"):
        sums = np.concatenate(([0.0], np.cumsum(values)))
        worst = (sums[ends] - sums[begins]) * sign / (counts if kind.figure == "mean" else 1)
    elif kind.figure == "min" and sign > 0:
        worst = -_largest(-values, begins, ends)
    elif kind.figure == "max" and sign < 0:
        worst = -_largest(values, begins, ends)
    else:  # of a percentile the extreme
        worst = _largest(values * sign, begins, ends)
    return np.where(counts >= kind.min_readings, worst, -np.inf)


def _slopes(kind: RateOfChange, times: Times, values: Figures) -> Figures:
    """For each reading a slope that is at least as steep as any within its window."""
    begins = np.searchsorted(times, times - round(kind.window_s * 1000))
    ends = np.arange(len(values)) + 1
    badness = values * kind.ladder.sign
    rise = badness + _largest(-badness, begins, ends)  # never below 0: a reading is in its own window
    return rise / max(1, round(kind.min_span_s * 1000)) * UNIT_TIMES_MS[kind.unit.rpartition("/")[2]]


def _largest(values: Figures, begins: Places, ends: Places) -> Figures:
    """The largest of each stretch, from tables of the largest of 1, 2, 4, 8 ... neighbours."""
    tables = [values]
    while 2 ** len(tables) <= len(values):
        half = 2 ** (len(tables) - 1)
        tables.append(np.maximum(tables[-1][:-half], tables[-1][half:]))
    power = np.log2(np.maximum(ends - begins, 1)).astype(np.int64)
    found = np.empty(len(begins))
    for number, table in enumerate(tables):
        chosen = power == number
        left, right = begins[chosen], ends[chosen] - 2**number
        found[chosen] = np.maximum(table[left], table[right])
    return found
