"""The order in which stored readings arrived: at once, but for what is remembered to have come late."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cloud.inventory.passages import Passage
from cloud.store.base import RawColumn

BATCH = 100  # readings of a backlog that arrive together


@dataclass(frozen=True, slots=True)
class Batch:
    """Readings `begin` to `end` (end excluded) of a column that arrived late, all at one time."""

    begin: int
    end: int
    arrived_at: int


@dataclass(frozen=True, slots=True)
class Prompt:
    """Readings `begin` to `end` (end excluded) of a column, each of which arrived when it was observed."""

    begin: int
    end: int


def in_order_of_arrival(column: RawColumn, passages: Sequence[Passage]) -> list[Prompt | Batch]:
    """The whole column, every reading once; what came late stands behind what was observed while it was under way."""
    batches = sorted(_batches(column.times, passages), key=lambda batch: (batch.arrived_at, batch.begin))
    if not batches:
        return [Prompt(0, len(column.times))] if column.times else []
    parts: list[Prompt | Batch] = []
    late = sorted((batch.begin, batch.end) for batch in batches)
    done = 0
    for batch in batches:
        until = bisect_right(column.times, batch.arrived_at)  # observed before it arrived, so here before it
        parts += _prompt(done, until, late)
        done = max(done, until)
        parts.append(batch)
    return [*parts, *_prompt(done, len(column.times), late)]


def _batches(times: Sequence[int], passages: Sequence[Passage]) -> Iterator[Batch]:
    """Late readings in batches, spread evenly over the time in which their passage arrived; none in two of them."""
    done = 0
    for passage in sorted((each for each in passages if each.kind == "late"), key=lambda each: each.begin):
        begin = max(done, bisect_left(times, passage.begin))
        end = bisect_right(times, passage.end)
        amount = -(-(end - begin) // BATCH)
        for number in range(amount):
            first = begin + number * BATCH
            last = min(end, first + BATCH)
            share = (number + 1) / amount
            arrived_at = round(passage.first_at + (passage.last_at - passage.first_at) * share)
            yield Batch(first, last, max(arrived_at, times[last - 1]))
        done = max(done, end)


def _prompt(begin: int, end: int, late: Sequence[tuple[int, int]]) -> Iterator[Prompt]:
    """The stretch without its late parts."""
    for first, last in late:
        if begin < first < end:
            yield Prompt(begin, first)
        if first < end:
            begin = max(begin, last)
    if begin < end:
        yield Prompt(begin, end)
