"""Ranges of sequences, kept sorted and merged, with how many readings they cover."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

Range = tuple[int, int]  # first and last, both included
UNKNOWN = -1


@dataclass(slots=True)
class Stretch:
    """A run of settled sequences. `begin` counts the readings accepted before it (UNKNOWN when nobody said)."""

    first: int
    last: int
    begin: int
    size: int

    @property
    def end(self) -> int:
        """How many readings were accepted up to and including it; UNKNOWN when nobody said."""
        return UNKNOWN if self.begin == UNKNOWN else self.begin + self.size


class Stretches:
    """Settled sequences of one epoch.

    Two neighbours with known counts also tell how much lies between their ends, so a stretch whose own size nobody
    said (a refused batch) gets it from the batches around it:

        |-- 1..4 --| 5: begin known, size 0 |-- 6..9 --|   -->   |------ 1..9: begin(1) to end(9) ------|
    """

    def __init__(self, stretches: Sequence[Sequence[int]] = ()) -> None:
        self._stretches = [Stretch(*each) for each in stretches]

    def copy(self) -> Stretches:
        """The same stretches, to be changed on their own."""
        return Stretches(self.packed())

    def __iter__(self) -> Iterator[Stretch]:
        return iter(self._stretches)

    def __len__(self) -> int:
        return len(self._stretches)

    def __contains__(self, sequence: int) -> bool:
        position = self._before(sequence)
        return position >= 0 and sequence <= self._stretches[position].last

    @property
    def last(self) -> int:
        """The highest sequence; 0 when there is none."""
        return self._stretches[-1].last if self._stretches else 0

    def covered(self) -> int:
        """How many readings they cover together."""
        return sum(each.size for each in self._stretches)

    def gaps_in(self, first: int, last: int) -> list[Range]:
        """What of first..last is not settled."""
        gaps, here = [], first
        for position in range(max(self._before(first), 0), len(self._stretches)):
            stretch = self._stretches[position]
            if stretch.first > last:
                break
            if stretch.first > here:
                gaps.append((here, stretch.first - 1))
            here = max(here, stretch.last + 1)
        if here <= last:
            gaps.append((here, last))
        return gaps

    def add(self, stretch: Stretch) -> None:
        """Adds a stretch none of whose sequences is settled yet, and merges it with its neighbours."""
        position = self._before(stretch.first) + 1
        self._stretches.insert(position, stretch)
        if position + 1 < len(self._stretches) and self._stretches[position + 1].first == stretch.last + 1:
            stretch = self._merge(position)
        if position > 0 and self._stretches[position - 1].last + 1 == stretch.first:
            self._merge(position - 1)

    def rows(self) -> list[Range]:
        """First and last of each."""
        return [(each.first, each.last) for each in self._stretches]

    def packed(self) -> list[list[int]]:
        """As JSON keeps them."""
        return [[each.first, each.last, each.begin, each.size] for each in self._stretches]

    def _before(self, sequence: int) -> int:
        """Position of the last stretch that begins at or before the sequence; -1 when none does."""
        return bisect_right(self._stretches, sequence, key=lambda each: each.first) - 1

    def _merge(self, position: int) -> Stretch:
        left, right = self._stretches[position], self._stretches.pop(position + 1)
        if UNKNOWN not in (left.begin, right.begin):
            left.size = right.begin + right.size - left.begin
        else:
            if left.begin == UNKNOWN and right.begin != UNKNOWN:
                left.begin = right.begin - left.size
            left.size += right.size
        left.last = right.last
        return left


def merged(ranges: Sequence[Range], first: int, last: int) -> list[Range]:
    """Sorted ranges with one more, neighbours joined."""
    joined: list[Range] = []
    for low, high in sorted([*ranges, (first, last)]):
        if joined and low <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(joined[-1][1], high))
        else:
            joined.append((low, high))
    return joined


def ranges_of(sequences: Iterable[int]) -> list[Range]:
    """Sequences, each of them once, as sorted ranges."""
    ranges: list[Range] = []
    for sequence in sorted(sequences):
        if ranges and sequence == ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], sequence)
        else:
            ranges.append((sequence, sequence))
    return ranges


def size_of_ranges(ranges: Sequence[Range]) -> int:
    """How many sequences lie in them."""
    return sum(last - first + 1 for first, last in ranges)


def lowest(ranges: Sequence[Range], most: int) -> list[Range]:
    """The first so many sequences of sorted ranges."""
    taken: list[Range] = []
    for first, last in ranges:
        if most <= 0:
            break
        taken.append((first, min(last, first + most - 1)))
        most -= last - first + 1
    return taken


def common(ranges: Sequence[Range], others: Sequence[Range]) -> list[Range]:
    """What lies in both of two sorted lists."""
    return without(ranges, without(ranges, others))


def without(ranges: Sequence[Range], taken: Sequence[Range]) -> list[Range]:
    """Sorted ranges less other sorted ranges."""
    left: list[Range] = []
    for first, last in ranges:
        here = first
        for low, high in taken:
            if high < here or low > last:
                continue
            if low > here:
                left.append((here, low - 1))
            here = high + 1
        if here <= last:
            left.append((here, last))
    return left
