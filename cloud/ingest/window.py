"""A window: the batches that are written and committed together, and what the store left of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from cloud.ingest.columns import readings_in, without_rows
from cloud.ingest.deadletters import DeadLetter, letter_of
from cloud.ingest.intake import Admitted, Rejected
from cloud.ingest.ledger import Settlement
from cloud.store.base import Columns, PlacedEvent, Rejection
from device_profiles.wire import Channel

PointCounts = dict[tuple[str, str, str], int]


@dataclass(slots=True)
class Window:
    """Batches in the order of their arrival, and messages that are refused."""

    batches: list[Admitted] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    readings: int = 0
    held: bool = False  # the store is away: its batches are judged and not stored

    def __bool__(self) -> bool:
        return bool(self.batches or self.rejected)

    def add(self, batch: Admitted) -> None:
        """Takes one more batch in."""
        self.batches.append(batch)
        self.readings += batch.size

    def newest(self) -> int:
        """When the newest message of it arrived; 0 when it is empty."""
        batches = max((each.received_at for each in self.batches), default=0)
        return max((each.received_at for each in self.rejected), default=batches)

    def columns(self) -> list[Columns]:
        """The columns of every batch, in order."""
        return [each for batch in self.batches for each in batch.columns]

    def events(self) -> list[PlacedEvent]:
        """The events of every batch, in order."""
        return [each for batch in self.batches for each in batch.events]

    def letters(self) -> list[DeadLetter]:
        """The dead letters of every batch; those of a held one are buried when it comes again."""
        return [each for batch in self.batches if not self._holds(batch) for each in batch.letters]

    def settlements(self) -> list[Settlement]:
        """What the ledger must know."""
        refusals = [
            Settlement(each.gateway, *each.identity, Channel(each.channel), refused=each.reason)
            for each in self.rejected
            if each.identity is not None
        ]
        return [_settlement(batch, held=self._holds(batch)) for batch in self.batches] + refusals

    def hold(self) -> None:
        """Goes on without the store: whatever it should take is held by the gateways."""
        self.held = True

    def _holds(self, batch: Admitted) -> bool:
        return self.held and bool(batch.columns or batch.events)


def bury_rejections(window: Window, rejections: Sequence[Rejection]) -> None:
    """Takes out of the batches what the store will never take: dead letters, no longer judged, no longer counted."""
    blocks = [(batch, place) for batch in window.batches for place in range(len(batch.columns))]
    events = [(batch, placed) for batch in window.batches for placed in batch.events]
    for rejection in rejections:
        if rejection.index < len(blocks):
            batch, place = blocks[rejection.index]
            _bury_rows(batch, place, rejection)
        else:  # events come behind the columns in the numbering of the store
            batch, placed = events[rejection.index - len(blocks)]
            batch.events.remove(placed)
            event = placed.event
            identity = (batch.gateway, batch.epoch, batch.sequence)
            batch.letters.append(letter_of(event, identity, rejection.reason))
            batch.dead += 1


def _bury_rows(batch: Admitted, place: int, rejection: Rejection) -> None:
    columns = batch.columns[place]
    refused = set(rejection.times)
    _bury_points(batch, columns, [row for row, at in enumerate(columns.times) if at in refused], rejection.reason)
    kept = [row for row, at in enumerate(columns.times) if at not in refused]
    points, quality = without_rows(columns.points, columns.quality, kept)
    times = [columns.times[row] for row in kept]
    batch.columns[place] = replace(columns, times=times, points=points, quality=quality)


def _bury_points(batch: Admitted, columns: Columns, rows: list[int], reason: str) -> None:
    """One letter for each point, with everything that a retry needs."""
    points, quality = without_rows(columns.points, columns.quality, rows)
    times = tuple(columns.times[row] for row in rows)
    for key, column in points.items():
        marks = quality.get(key, [])
        readings = readings_in(column, marks)
        if readings:
            identity = (columns.gateway, columns.device, columns.profile, key, batch.epoch, batch.sequence)
            batch.letters.append(DeadLetter(*identity, reason, readings, times, tuple(column), tuple(marks)))
            batch.dead += readings


def counted(columns: Iterable[Columns]) -> PointCounts:
    """Usable readings per gateway, device and point."""
    counts: PointCounts = {}
    for each in columns:
        for key, column in each.points.items():
            usable = len(column) - column.count(None)
            if usable:
                place = (each.gateway, each.device, key)
                counts[place] = counts.get(place, 0) + usable
    return counts


def reasons_of(letters: Iterable[DeadLetter]) -> Counter[str]:
    """How many readings lie there for each reason."""
    reasons: Counter[str] = Counter()
    for letter in letters:
        reasons[letter.word] += letter.readings
    return reasons


def _settlement(batch: Admitted, *, held: bool) -> Settlement:
    return Settlement(
        batch.gateway,
        batch.epoch,
        batch.sequence,
        batch.base,
        batch.channel,
        stored=batch.size - batch.dead,
        dead=batch.dead,
        dropped=batch.dropped,
        reasons=tuple(reasons_of(batch.letters).items()) if batch.dead else (),
        held=held,
    )
