"""What the frame counter of a device says: a frame is new, comes again, or others were lost before it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Verdict = Literal["first", "next", "repeated", "late", "restarted"]
REMEMBERED = 64


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a frame says of itself: `mark` is the server's own for one transmission, `digest` that of its bytes."""

    f_cnt: int
    at_ms: int
    address: str
    mark: str
    digest: str


@dataclass(frozen=True, slots=True)
class Count:
    """The newest frame of a device, and the marks of the last ones; nothing is known before the first."""

    newest: Arrival | None = None
    marks: tuple[str, ...] = ()


def step(count: Count, arrival: Arrival) -> tuple[Count, Verdict, int | None]:
    """The count after a frame, what it is, and how many were lost before it; None when nobody can know.

    A device that joined anew, or was switched off and on, begins at 0 again: that is no loss and no repetition.
    """
    newest = count.newest
    marks = (*count.marks, arrival.mark)[-REMEMBERED:]
    if newest is None:
        return Count(arrival, marks), "first", None
    if arrival.mark in count.marks or (_frame(arrival) == _frame(newest)):
        return count, "repeated", None
    if arrival.address != newest.address:
        return Count(arrival, marks), "restarted", None
    if arrival.f_cnt > newest.f_cnt:
        return Count(arrival, marks), "next", arrival.f_cnt - newest.f_cnt - 1
    if arrival.at_ms < newest.at_ms:
        return replace(count, marks=marks), "late", None
    return Count(arrival, marks), "restarted", None


def _frame(arrival: Arrival) -> tuple[str, int, str]:
    """What stays the same when a device sends a frame once more, because nobody confirmed it."""
    return arrival.address, arrival.f_cnt, arrival.digest
