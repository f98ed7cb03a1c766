"""What somebody wants to take away, in which stretches it is read, and how far that is; pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

Form = Literal["csv", "parquet"]
State = Literal["waiting", "running", "done", "broken"]
STRETCH_MS: Final = 86_400_000  # raw readings of a point each second: some megabytes
MOST_BUCKETS: Final = 5_000  # read at once


@dataclass(frozen=True, slots=True)
class ExportOrder:
    """Points of one device between two times (end excluded); `step_ms` 0 = as stored, else buckets."""

    gateway: str
    device: str
    profile: str
    points: tuple[str, ...]
    begin: int
    end: int
    step_ms: int
    form: Form

    @property
    def parts(self) -> int:
        """In how many pieces it is read."""
        return len(self.points) * len(list(stretches(self)))


@dataclass(frozen=True, slots=True)
class ExportRow:
    """One reading, or one bucket of them; of a reading minimum, maximum, mean and last are its value."""

    at: int
    point: str
    unit: str
    minimum: float
    maximum: float
    mean: float
    last: float
    count: int


def stretches(order: ExportOrder) -> Iterator[tuple[int, int]]:
    """The times, in pieces that fit into memory."""
    length = order.step_ms * MOST_BUCKETS if order.step_ms else STRETCH_MS
    for begin in range(order.begin, order.end, length):
        yield begin, min(begin + length, order.end)
