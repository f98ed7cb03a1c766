"""Small drawings of a level over time, made on the server: observed, straight on, marks, the present; pure geometry.

They need no script, follow the theme, and stand on paper. The drawing says nothing that the words beside it do not say.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final

from cloud.api.views import ThresholdView
from cloud.disaster.outlook import HOUR_MS, Course, Levels
from cloud.web.present import HANOI

WIDTH: Final = 420
HEIGHT: Final = 150
LEFT, RIGHT, TOP, BOTTOM = 40, 8, 10, 20
TICK_H: Final = 6
LEAST_SPAN_M: Final = 0.5
NEAR_M: Final = 1.5  # a mark so far beyond what was seen is still in sight


@dataclass(frozen=True, slots=True)
class Line:
    """A mark across the drawing."""

    mark: ThresholdView
    y: float


@dataclass(frozen=True, slots=True)
class Sketch:
    """What the template draws; `observed` are the paths between gaps, `ahead` the line straight on (empty = none)."""

    observed: tuple[str, ...]
    ahead: str
    lines: tuple[Line, ...]
    hours: tuple[tuple[float, str], ...]
    scale: tuple[tuple[float, float], ...]  # y and its value
    now_x: float
    newest: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when the drawing reaches, and where the present is; ms since 1970 UTC."""

    begin: int
    now: int
    end: int


def sketch(
    levels: Levels, span: Span, marks: Sequence[ThresholdView], *, course: Course | None, silence_ms: int
) -> Sketch | None:
    """The drawing; None when nothing was seen in the span."""
    seen = [(at, level) for at, level in levels if span.begin <= at <= span.end]
    if not seen:
        return None
    last = course.level_at(span.end) if course is not None else None
    heights = [level for _, level in seen] + ([last] if last is not None else [])
    low, high = _range(min(heights), max(heights), marks)

    def x(at: int) -> float:
        return round(LEFT + (at - span.begin) / (span.end - span.begin) * (WIDTH - LEFT - RIGHT), 1)

    def y(level: float) -> float:
        return round(TOP + (high - level) / (high - low) * (HEIGHT - TOP - BOTTOM), 1)

    ahead = ""
    if course is not None and last is not None:
        ahead = f"M{x(course.at)} {y(course.level)}L{x(span.end)} {y(last)}"
    return Sketch(
        observed=tuple(_path(run, x, y) for run in _runs(seen, silence_ms)),
        ahead=ahead,
        lines=tuple(Line(each, y(each.value)) for each in marks if low <= each.value <= high),
        hours=tuple((x(at), _clock(at)) for at in _full_hours(span)),
        scale=((y(high), high), (y(low), low)),
        now_x=x(span.now),
        newest=(x(seen[-1][0]), y(seen[-1][1])),
    )


def _range(low: float, high: float, marks: Sequence[ThresholdView]) -> tuple[float, float]:
    """What was seen with some air, and the nearest marks when they are near."""
    ahead = [each.value for each in marks if high < each.value <= high + NEAR_M]
    behind = [each.value for each in marks if low - NEAR_M <= each.value < low]
    top = max(high, min(ahead, default=high))
    bottom = min(low, max(behind, default=low))
    lack = max(0.0, LEAST_SPAN_M - (top - bottom)) / 2
    air = 0.06 * max(top - bottom, LEAST_SPAN_M)
    return round(bottom - lack - air, 2), round(top + lack + air, 2)


def _runs(levels: Levels, silence_ms: int) -> list[list[tuple[int, float]]]:
    """The readings between gaps: a straight line over a gap would be a lie."""
    runs: list[list[tuple[int, float]]] = [[levels[0]]]
    for before, after in pairwise(levels):
        if after[0] - before[0] > silence_ms:
            runs.append([])
        runs[-1].append(after)
    return runs


def _path(run: Levels, x: Callable[[int], float], y: Callable[[float], float]) -> str:
    points = [f"{x(at)} {y(level)}" for at, level in run]
    return "M" + "L".join(points if len(points) > 1 else points * 2)


def _full_hours(span: Span) -> list[int]:
    """0, 6, 12 and 18 o'clock at Hà Nội."""
    step = TICK_H * HOUR_MS
    offset = 7 * HOUR_MS
    first = -(-(span.begin + offset) // step) * step - offset
    return list(range(first, span.end, step))


def _clock(at: int) -> str:
    found = datetime.fromtimestamp(at / 1000, UTC).astimezone(HANOI)
    return found.strftime("%d/%m") if found.hour == 0 else found.strftime("%H:%M")
