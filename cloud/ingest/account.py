"""The account of one epoch of one gateway: which sequences are settled, how, and how many readings that is."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from cloud.ingest.ranges import UNKNOWN, Range, Stretch, Stretches, merged, without
from cloud.ingest.spans import Span, with_span
from device_profiles.wire import Dropped

MISSING_NAMED = 50  # ranges in one receipt; the rest follow with the next
UNREADABLE = "unreadable"  # batches that were refused as a whole: no letter holds their readings
UNSTATED = "unstated"  # nobody said why
Reasons = Iterable[tuple[str, int]]  # why, and how many readings


@dataclass(slots=True)
class Account:
    """accepted = stored + dead_lettered + dropped + awaited, whatever comes in whatever order.

    `stored`, `dead` and `dropped` count what batches and declarations said. Where nobody said how much a range held
    (a refused batch, a drop that overlaps what had arrived), the counts of the batches around it tell: see Stretches.
    `accepted` is the most that the gateway ever claimed.
    """

    settled: Stretches = field(default_factory=Stretches)
    refused: list[Range] = field(default_factory=list)
    given_up: list[Range] = field(default_factory=list)
    claimed: int = 0
    stored: int = 0
    dead: int = 0
    dropped: int = 0
    unsized: str = ""  # which of "dead" and "dropped" holds ranges of unsaid size; dead when both do
    dead_reasons: dict[str, int] = field(default_factory=dict)  # of `dead`; what is left over is unstated
    spans: list[Span] = field(default_factory=list)  # of `dropped`, and of drops of unsaid size with 0 readings
    handled: dict[str, str] = field(default_factory=dict)  # dead letter -> what was done, until its mark is on disk
    held: list[Range] = field(default_factory=list)  # judged, and not stored: the store was away; still awaited

    @property
    def dead_lettered(self) -> int:
        """Readings that lie in the dead letters, or were refused with their whole batch."""
        return self.dead + (self._unsaid() if self.unsized == "dead" else 0)

    @property
    def dropped_readings(self) -> int:
        """Readings that the gateway gave up and declared."""
        return self.dropped + (self._unsaid() if self.unsized == "dropped" else 0)

    @property
    def accepted(self) -> int:
        """Readings that the gateway accepted in this epoch, as far as anybody told us."""
        return max(self.claimed, self.stored + self.dead_lettered + self.dropped_readings)

    @property
    def awaited(self) -> int:
        """Readings that are still on the gateway or under way."""
        return self.accepted - self.stored - self.dead_lettered - self.dropped_readings

    def dead_by_reason(self) -> dict[str, int]:
        """The dead-lettered readings by reason; the sum is `dead_lettered`."""
        if not self.dead_lettered:
            return {}
        by_reason = Counter(self.dead_reasons)
        by_reason[UNSTATED] += self.dead - by_reason.total()
        by_reason[UNREADABLE] += self.dead_lettered - self.dead
        return dict(+by_reason)

    def dropped_by_reason(self) -> dict[str, int]:
        """The dropped readings by reason; the sum is `dropped_readings`."""
        if not self.dropped_readings:
            return {}
        by_reason: Counter[str] = Counter()
        for span in self.spans:
            by_reason[span.reason] += span.readings
        unsaid = next((span.reason for span in self.spans if not span.readings), UNSTATED)
        by_reason[unsaid] += self.dropped_readings - by_reason.total()
        return dict(+by_reason)

    def holds_letters_of(self, sequence: int) -> bool:
        """Whether dead letters of this batch are counted: it was committed, neither refused nor given up."""
        if sequence not in self.settled:
            return False
        return not any(first <= sequence <= last for first, last in (*self.refused, *self.given_up))

    def store(self, sequence: int, *, base: int, stored: int, dead: int, reasons: Reasons = ()) -> None:
        """Settles a batch that is committed, with the readings of it that are stored and those in the dead letters."""
        size = stored + dead
        self._let_go([(sequence, sequence)])
        for reason, readings in reasons:
            self.dead_reasons[reason] = self.dead_reasons.get(reason, 0) + readings
        self.claimed = max(self.claimed, base + size)
        self.stored += stored
        self.dead += dead
        self.settled.add(Stretch(sequence, sequence, base, size))

    def hold(self, sequence: int, *, base: int, size: int) -> None:
        """Notes a batch that the rules have seen and the store has not: the gateway keeps it, it stays awaited."""
        self.claimed = max(self.claimed, base + size)
        self.held = merged(self.held, sequence, sequence)

    def is_held(self, sequence: int) -> bool:
        """Whether a batch was judged and is not stored."""
        return any(first <= sequence <= last for first, last in self.held)

    def refuse(self, sequence: int, *, base: int) -> None:
        """Settles a batch that cannot be read; how much it held is told by the batches around it."""
        self.claimed = max(self.claimed, base)
        self.unsized = "dead"
        self._let_go([(sequence, sequence)])
        self.refused = merged(self.refused, sequence, sequence)
        self.settled.add(Stretch(sequence, sequence, base, 0))

    def give_up(self, drop: Dropped) -> None:
        """Settles what the gateway declares dropped; what had arrived before stays stored, said twice counts once."""
        gaps = self.settled.gaps_in(drop.first, drop.last)
        whole = gaps == [(drop.first, drop.last)]
        self._let_go(gaps)
        for first, last in gaps:
            self.given_up = merged(self.given_up, first, last)
            readings = drop.readings if whole else 0
            self.spans = with_span(self.spans, Span(drop.reason, readings, drop.begin, drop.end))
            if whole:
                self.dropped += drop.readings
                self.settled.add(Stretch(first, last, UNKNOWN, drop.readings))
            else:
                self.unsized = self.unsized or "dropped"
                self.settled.add(self._beside(first, last))

    def release(self, reason: str, readings: int) -> int:
        """Takes readings out of the dead letters and says how many were counted there; the caller puts them elsewhere.

        A letter of a batch that was sent again and judged otherwise lies on disk, but in no count.
        """
        known = self.dead_reasons.pop(reason, 0)
        unstated = self.dead - known - sum(self.dead_reasons.values())
        released = min(readings, known + unstated)
        if released < known:
            self.dead_reasons[reason] = known - released
        self.dead -= released
        return released

    def bury(self, reason: str, readings: int) -> None:
        """Puts released readings back into the dead letters, for another reason."""
        self.dead += readings
        if readings:
            self.dead_reasons[reason] = self.dead_reasons.get(reason, 0) + readings

    def discard(self, span: Span) -> None:
        """Drops released readings for good."""
        self.dropped += span.readings
        self.spans = with_span(self.spans, span)

    def claim(self, accepted: int) -> None:
        """Takes the gateway's word for how many readings it accepted."""
        self.claimed = max(self.claimed, accepted)

    def missing(self, up_to: int) -> list[Range]:
        """Ranges that have not come, from the first sequence up to one; what is held has come."""
        gaps = self.settled.gaps_in(1, up_to) if up_to > 0 else []
        return without(gaps, self.held) if self.held else gaps

    def stored_ranges(self) -> list[Range]:
        """Ranges of committed batches."""
        taken = sorted([*self.refused, *self.given_up])
        return without(self.settled.rows(), taken)

    def copy(self) -> Account:
        """The same account, to be changed on its own."""
        return Account(  # once for every changed account of a window: dataclasses.replace takes thrice as long
            self.settled.copy(),
            self.refused.copy(),
            self.given_up.copy(),
            self.claimed,
            self.stored,
            self.dead,
            self.dropped,
            self.unsized,
            self.dead_reasons.copy(),
            self.spans.copy(),
            self.handled.copy(),
            self.held.copy(),
        )

    def pack(self) -> str:
        """The account as a JSON text."""
        content: dict[str, object] = {
            "s": self.settled.packed(),
            "n": [self.claimed, self.stored, self.dead, self.dropped],
        }
        if self.refused:
            content["r"] = self.refused
        if self.given_up:
            content["d"] = self.given_up
        if self.unsized:
            content["u"] = self.unsized
        if self.spans:
            content["g"] = [[span.reason, span.readings, span.begin, span.end] for span in self.spans]
        if self.handled:
            content["h"] = self.handled
        if self.held:
            content["k"] = self.held
        if self.dead_reasons:
            content["w"] = self.dead_reasons
        return json.dumps(content, separators=(",", ":"))

    def _beside(self, first: int, last: int) -> Stretch:
        """A stretch of unsaid size, anchored to the settled neighbour that it has."""
        if first == 1:
            return Stretch(first, last, 0, 0)
        for each in self.settled:
            if each.last == first - 1 and each.end != UNKNOWN:
                return Stretch(first, last, each.end, 0)
            if each.first == last + 1:
                return Stretch(first, last, each.begin, 0)
        return Stretch(first, last, UNKNOWN, 0)

    def _let_go(self, ranges: list[Range]) -> None:
        if self.held:
            self.held = without(self.held, ranges)

    def _unsaid(self) -> int:
        return max(0, self.settled.covered() - self.stored - self.dead - self.dropped)


def unpack(text: str) -> Account:
    """The account in a JSON text."""
    content = json.loads(text)
    claimed, stored, dead, dropped = content["n"]
    return Account(
        settled=Stretches(content["s"]),
        refused=_ranges(content.get("r", ())),
        given_up=_ranges(content.get("d", ())),
        claimed=claimed,
        stored=stored,
        dead=dead,
        dropped=dropped,
        unsized=content.get("u", ""),
        dead_reasons=content.get("w", {}),
        spans=[Span(*each) for each in content.get("g", ())],
        handled=content.get("h", {}),
        held=_ranges(content.get("k", ())),
    )


def _ranges(pairs: Iterable[Iterable[int]]) -> list[Range]:
    return [(first, last) for first, last in pairs]
