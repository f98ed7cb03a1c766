"""Decides what goes to the centre next: live first, backlog beside it, and again what found no receipt; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from device_profiles.wire import Channel, Receipt
from edge_agent.outbox.base import Parcel, Priority

WINDOWS = {Channel.EVENTS: 16, Channel.READINGS: 64, Channel.BACKLOG: 32}  # batches without receipt per lane
WAVE = 8  # batches of one lane at a time, so that a long backlog never keeps a live reading waiting
PROBES = 2  # while no receipt comes at all, only so many are sent again: the centre may just be withholding them
LONGEST_PROBE_S = 60.0
SETTLING_S = 2.0  # a batch named missing so soon after it was sent is probably on its way
FAR = 2**62


@dataclass(frozen=True, slots=True)
class Wish:
    """What a lane would send now: the first kept batches of a priority between two sequences."""

    channel: Channel
    priority: Priority
    after: int
    before: int
    limit: int


@dataclass(slots=True)
class _Sent:
    channel: Channel
    at: float


class Lanes:
    """Owns what is on its way in this session. Times are monotonic seconds."""

    def __init__(self, *, receipt_timeout_s: float) -> None:
        self._timeout_s = receipt_timeout_s
        self._out: dict[int, _Sent] = {}
        self._missing: set[int] = set()
        self._cursor: dict[Channel, int] = {}
        self._floor = 1
        self._heard_at = 0.0
        self._probe_at = 0.0
        self._probe_wait_s = receipt_timeout_s

    def begin(self, *, next_sequence: int, now: float) -> None:
        """A session begins: what was kept before it is backlog, and nothing counts as sent."""
        self._out.clear()
        self._missing.clear()
        self.rewind(next_sequence=next_sequence)
        self._heard(now)

    def rewind(self, *, next_sequence: int) -> None:
        """Old numbers may be sent now: everything kept is looked at again, what is on its way stays so."""
        self._floor = next_sequence
        self._cursor = {Channel.EVENTS: 0, Channel.READINGS: next_sequence - 1, Channel.BACKLOG: 0}

    def wishes(self, *, next_sequence: int) -> list[Wish]:
        """What each lane would send, the urgent first; a lane that lags hands its lag to the backlog."""
        window = WINDOWS[Channel.READINGS]
        if next_sequence - self._cursor[Channel.READINGS] > 2 * window:
            self._floor = next_sequence
            self._cursor[Channel.READINGS] = next_sequence - 1
        events = self._wish(Channel.EVENTS, Priority.EVENTS, FAR)
        live = self._wish(Channel.READINGS, Priority.READINGS, FAR)
        backlog = self._wish(Channel.BACKLOG, Priority.READINGS, self._floor)
        return [wish for wish in (events, live, backlog) if wish.limit > 0]

    def fresh(self, wish: Wish, found: Sequence[Parcel]) -> list[Parcel]:
        """Those of the found parcels that are not on their way already; the lane goes on behind them."""
        if found:
            self._cursor[wish.channel] = found[-1].sequence
        return [parcel for parcel in found if parcel.sequence not in self._out]

    def sent(self, sequence: int, channel: Channel, *, now: float) -> None:
        """This batch was just handed to the broker."""
        self._missing.discard(sequence)
        self._out.pop(sequence, None)  # so that the dictionary stays in the order of sending
        self._out[sequence] = _Sent(channel, now)

    def receipt(self, receipt: Receipt, *, now: float) -> None:
        """The centre has spoken."""
        self._heard(now)
        done = {refused.sequence for refused in receipt.refused}
        for sequence in list(self._out):
            if sequence in done or _within(sequence, receipt.committed):
                del self._out[sequence]
            elif _within(sequence, receipt.missing) and now - self._out[sequence].at >= SETTLING_S:
                self._missing.add(sequence)
        self._missing &= self._out.keys()

    def again(self, *, now: float) -> list[int]:
        """What to send again now: what the centre misses, and what found no receipt in time."""
        late = [sequence for sequence, sent in self._out.items() if now - sent.at >= self._timeout_s]
        if late and now - self._heard_at >= self._timeout_s:
            if now < self._probe_at:
                return []
            self._probe_at = now + self._probe_wait_s
            self._probe_wait_s = min(2 * self._probe_wait_s, max(LONGEST_PROBE_S, self._timeout_s))
            return late[:PROBES]
        return [*sorted(self._missing), *(sequence for sequence in late if sequence not in self._missing)][:WAVE]

    def forget(self, sequence: int) -> None:
        """This batch is no longer kept: dropped, and declared elsewhere."""
        self._out.pop(sequence, None)
        self._missing.discard(sequence)

    def next_look_s(self, *, now: float) -> float:
        """Seconds until something may have to be sent again."""
        if not self._out:
            return self._timeout_s
        first = next(iter(self._out.values())).at + self._timeout_s
        return min(max(first - now, self._probe_at - now, 0.05), self._timeout_s)

    def _heard(self, now: float) -> None:
        self._heard_at = now
        self._probe_at = 0.0
        self._probe_wait_s = self._timeout_s

    def _wish(self, channel: Channel, priority: Priority, before: int) -> Wish:
        out = sum(1 for sent in self._out.values() if sent.channel is channel)
        limit = min(WAVE, WINDOWS[channel] - out)
        return Wish(channel, priority, self._cursor[channel], before, limit)


def lane_of(priority: Priority) -> Channel:
    """Where a batch goes that is sent again."""
    return Channel.EVENTS if priority is Priority.EVENTS else Channel.BACKLOG


def _within(sequence: int, ranges: Sequence[tuple[int, int]]) -> bool:
    return any(first <= sequence <= last for first, last in ranges)
