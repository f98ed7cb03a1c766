"""A set of batch numbers that lie close together, kept as ranges: an hour of them takes no more room than one; pure."""

from __future__ import annotations

from bisect import bisect_right


class Ranges:
    """Owns ranges that neither overlap nor touch, in order."""

    def __init__(self) -> None:
        self._ranges: list[tuple[int, int]] = []

    def __contains__(self, number: int) -> bool:
        at = bisect_right(self._ranges, (number, number))
        return any(first <= number <= last for first, last in self._ranges[max(0, at - 1) : at + 1])

    def __len__(self) -> int:
        """How many ranges, not how many numbers."""
        return len(self._ranges)

    def add(self, number: int) -> None:
        """One number more; it joins its neighbours."""
        first = last = number
        at = bisect_right(self._ranges, (number, number))
        begin, end = max(0, at - 1), at + 1
        apart = []
        for low, high in self._ranges[begin:end]:
            if low - 1 <= number <= high + 1:
                first, last = min(first, low), max(last, high)
            else:
                apart.append((low, high))
        self._ranges[begin:end] = sorted([*apart, (first, last)])

    def take(self, first: int, last: int) -> int | None:
        """Takes out every number of this range; the first of them, None when there was none."""
        kept, found = [], None
        for low, high in self._ranges:
            begin, end = max(first, low), min(last, high)
            if begin > end:
                kept.append((low, high))
                continue
            found = begin if found is None else found
            kept += [piece for piece in ((low, begin - 1), (end + 1, high)) if piece[0] <= piece[1]]
        self._ranges = kept
        return found

    def clear(self) -> None:
        """Forgets all."""
        self._ranges.clear()
