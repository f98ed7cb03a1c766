"""Spans of time in which readings were given up: why, how many, from when to when; few of them, whatever happens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

MOST_SPANS = 100  # in one account; beyond it the nearest two become one, so that a year of drops stays small
NEAR_MS = 60_000  # drops that follow each other so closely are one gap on a chart
REASON_MAX = 40
OTHER = "other"


@dataclass(frozen=True, slots=True)
class Span:
    """Readings that were given up for one reason; times in ms since 1970 UTC."""

    reason: str
    readings: int
    begin: int
    end: int


def with_span(spans: Sequence[Span], span: Span) -> list[Span]:
    """The spans and one more: neighbours of one reason are joined, and never more than MOST_SPANS are kept."""
    span = replace(span, reason=span.reason[:REASON_MAX])
    joined: list[Span] = []
    for each in sorted([*spans, span], key=_by_reason):
        if joined and joined[-1].reason == each.reason and each.begin - joined[-1].end <= NEAR_MS:
            joined[-1] = _joined(joined[-1], each)
        else:
            joined.append(each)
    return joined if len(joined) <= MOST_SPANS else _fewer(joined)


def _fewer(spans: list[Span]) -> list[Span]:
    """One span less: the nearest two of one reason are joined, or any two when every reason is another."""
    pairs = [place for place in range(len(spans) - 1) if spans[place].reason == spans[place + 1].reason]
    if not pairs:
        last = _joined(spans[-2], spans[-1])
        return [*spans[:-2], replace(last, reason=OTHER)]
    place = min(pairs, key=lambda each: spans[each + 1].begin - spans[each].end)
    return [*spans[:place], _joined(spans[place], spans[place + 1]), *spans[place + 2 :]]


def _joined(one: Span, other: Span) -> Span:
    return Span(one.reason, one.readings + other.readings, min(one.begin, other.begin), max(one.end, other.end))


def _by_reason(span: Span) -> tuple[str, int]:
    return (span.reason, span.begin)
