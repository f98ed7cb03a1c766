"""Decides what goes to the centre next: live first, backlog beside it, and again what found no receipt; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from device_profiles.wire import Channel, Receipt
from edge_agent.outbox.base import Parcel, Priority
from edge_agent.uplink.budget import NONE
from edge_agent.uplink.pace import Pace
from edge_agent.uplink.ranges import Ranges

WINDOWS = {Channel.EVENTS: 16, Channel.READINGS: 64, Channel.BACKLOG: 32}  # batches without receipt per lane
WAVE = 8  # batches of one lane at a time, so that a long backlog never keeps a live reading waiting
PROBES = 2  # while no receipt comes at all, only so many are sent again: the centre may just be away
LONGEST_PROBE_S = 20.0  # how much later than the centre the gateway is back at most; two batches cost a fleet little
SETTLING_S = 2.0  # a batch named missing so soon after it was sent is probably on its way; longer on a slow link
BACKLOG_SHARE = 2  # of the bytes on their way the backlog has at most one in so many
CLOSED_LOOK_S = 5.0
SHORTEST_LOOK_S = 0.05
STORE_AWAY_S = 60.0  # while the centre holds what it cannot store, more backlog would only have to travel twice
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
    size: int
    again: bool
    flying: bool = True  # until it is given up for lost, receipt or not


class Lanes:
    """Owns what is on its way in this session. Times are monotonic seconds."""

    def __init__(self, *, receipt_timeout_s: float, pace: Pace | None = None) -> None:
        self._timeout_s = receipt_timeout_s
        self._pace = pace or Pace(receipt_timeout_s=receipt_timeout_s)
        self._flying: dict[Channel, int] = dict.fromkeys(WINDOWS, 0)
        self._out: dict[int, _Sent] = {}
        self._missing: set[int] = set()
        self._held = Ranges()
        self._slot_at = 0.0  # the centre's drain slot for the backlog
        self._store_at = 0.0
        self._cursor: dict[Channel, int] = {}
        self._floor = 1
        self._closed = NONE
        self._heard_at = 0.0
        self._probe_at = 0.0
        self._probe_wait_s = receipt_timeout_s

    def begin(self, *, next_sequence: int, now: float) -> None:
        """A session begins: what was kept before it is backlog, and nothing counts as sent."""
        self._out.clear()
        self._missing.clear()
        self._held.clear()
        self._slot_at = self._store_at = now
        self._flying = dict.fromkeys(WINDOWS, 0)
        self._pace.begin()
        self.rewind(next_sequence=next_sequence)
        self._heard(now)

    def close(self, closed: frozenset[Channel]) -> None:
        """These lanes send nothing from now on, nor again; the others do."""
        self._closed = closed

    def rewind(self, *, next_sequence: int) -> None:
        """Old numbers may be sent now: everything kept is looked at again, what is on its way stays so."""
        self._floor = next_sequence
        self._cursor = {Channel.EVENTS: 0, Channel.READINGS: next_sequence - 1, Channel.BACKLOG: 0}

    def wishes(self, *, next_sequence: int, now: float) -> list[Wish]:
        """What each lane would send, the urgent first; a lane that lags hands its lag to the backlog."""
        window = WINDOWS[Channel.READINGS]
        if next_sequence - self._cursor[Channel.READINGS] > 2 * window:
            self._floor = next_sequence
            self._cursor[Channel.READINGS] = next_sequence - 1
        events = self._wish(Channel.EVENTS, Priority.EVENTS, FAR)
        live = self._wish(Channel.READINGS, Priority.READINGS, FAR)
        backlog = [self._wish(Channel.BACKLOG, Priority.READINGS, self._floor)] if now >= self._backlog_at else []
        return [wish for wish in (events, live, *backlog) if wish.limit > 0]

    def fresh(self, wish: Wish, found: Sequence[Parcel]) -> list[Parcel]:
        """Those of the found parcels that are not on their way, nor held, and fit into the link; the lane goes on.

        None when the lane was sent back while the outbox was read: what was found then lies behind what is asked for.
        """
        if self._cursor[wish.channel] != wish.after:
            return []
        room, chosen = self._room(wish.channel), []
        for parcel in found:
            if parcel.sequence not in self._out and parcel.sequence not in self._held:
                if room <= 0:
                    break
                room -= len(parcel.payload)
                chosen.append(parcel)
            self._cursor[wish.channel] = parcel.sequence
        return chosen

    def moved(self, wish: Wish) -> bool:
        """Whether the lane went on, or back, since it wished this, so that it may wish for more."""
        return self._cursor[wish.channel] != wish.after

    def sent(self, parcel: Parcel, channel: Channel, *, now: float) -> None:
        """This batch was just handed to the broker."""
        before = self._landed(parcel.sequence)  # so that the dictionary stays in the order of sending
        self._out[parcel.sequence] = _Sent(channel, now, len(parcel.payload), again=before is not None)
        self._flying[channel] += len(parcel.payload)

    def receipt(self, receipt: Receipt, *, now: float) -> None:
        """The centre has spoken."""
        self._heard(now)
        self._look_again(receipt)
        newest_live = self._arrived(receipt, now)
        if receipt.held:
            self._store_at = now + STORE_AWAY_S
        elif receipt.committed:
            self._store_at = now
        if receipt.backlog_wait_s:
            self._slot_at = now + receipt.backlog_wait_s
        settling_s = min(self._timeout_s, max(SETTLING_S, 2 * self._pace.round_trip_s))
        for sequence, sent in self._out.items():
            is_missing = _within(sequence, receipt.missing) or _is_overtaken(sequence, sent, newest_live)
            if now - sent.at >= settling_s and is_missing:
                self._missing.add(sequence)

    def again(self, *, now: float) -> list[int]:
        """What to send again now: what the centre misses, and what found no receipt in time."""
        late = [
            sequence
            for sequence, sent in self._out.items()
            if now - sent.at >= self._timeout_s and self._again_on(sent) not in self._closed
        ]
        self._give_up(late, now)
        if late and now - self._heard_at >= self._timeout_s:
            if now < self._probe_at:
                return []
            self._probe_at = now + self._probe_wait_s
            self._probe_wait_s = min(2 * self._probe_wait_s, max(LONGEST_PROBE_S, self._timeout_s))
            return late[:PROBES]
        missing = (each for each in sorted(self._missing) if self._again_on(self._out[each]) not in self._closed)
        due = [*missing, *(sequence for sequence in late if sequence not in self._missing)][:WAVE]
        return due[: self._fitting(due)]

    def forget(self, sequence: int) -> None:
        """This batch is no longer kept: dropped, and declared elsewhere."""
        self._landed(sequence)

    def next_look_s(self, *, now: float) -> float:
        """Seconds until something may have to be sent again, or a lane may have opened."""
        look_s = self._timeout_s
        if self._closed:
            look_s = min(look_s, CLOSED_LOOK_S)
        elif self._out:
            first = next(iter(self._out.values())).at + look_s
            look_s = min(look_s, max(first - now, self._probe_at - now))
        if now < self._backlog_at:
            look_s = min(look_s, self._backlog_at - now)
        return max(look_s, SHORTEST_LOOK_S)

    @property
    def _backlog_at(self) -> float:
        return max(self._slot_at, self._store_at)

    def _look_again(self, receipt: Receipt) -> None:
        """What was held and is stored by now is forgotten; what is missing after all goes again in order."""
        for first, last in receipt.committed:
            self._held.take(first, last)
        lost = [found for first, last in receipt.missing if (found := self._held.take(first, last)) is not None]
        if lost:
            self._floor = max(self._floor, self._cursor[Channel.READINGS] + 1)
            for channel in (Channel.EVENTS, Channel.BACKLOG):
                self._cursor[channel] = min(self._cursor[channel], *(found - 1 for found in lost))

    def _arrived(self, receipt: Receipt, now: float) -> int:
        """What is named takes no room of the link, what is held too; gives the newest of the live lane, 0 without."""
        refused = {each.sequence for each in receipt.refused}
        newest_live = 0
        for sequence, sent in list(self._out.items()):
            is_held = _within(sequence, receipt.held)
            if not (is_held or sequence in refused or _within(sequence, receipt.committed)):
                continue
            newest_live = max(newest_live, sequence if sent.channel is Channel.READINGS else 0)
            self._measure(self._landed(sequence), now)
            if is_held:
                self._held.add(sequence)
        return newest_live

    def _heard(self, now: float) -> None:
        self._heard_at = now
        self._probe_at = 0.0
        self._probe_wait_s = self._timeout_s

    def _again_on(self, sent: _Sent) -> Channel:
        return Channel.EVENTS if sent.channel is Channel.EVENTS else Channel.BACKLOG

    def _landed(self, sequence: int) -> _Sent | None:
        """This batch is no longer on its way; how it was sent."""
        self._missing.discard(sequence)
        sent = self._out.pop(sequence, None)
        if sent is not None and sent.flying:
            self._flying[sent.channel] -= sent.size
        return sent

    def _give_up(self, late: Sequence[int], now: float) -> None:
        """What found no receipt in time takes no room of the link any more; the link is tried anew, and gently."""
        for sent in (self._out[sequence] for sequence in late):
            if sent.flying:
                sent.flying = False
                self._flying[sent.channel] -= sent.size
                self._pace.silent()

    def _measure(self, sent: _Sent | None, now: float) -> None:
        """A batch that was sent twice tells no round trip: nobody knows which copy the receipt is for (Karn).

        Nor does one that was given up: its receipt was withheld, or its copy before the outage arrived.
        """
        if sent is not None and sent.flying and not sent.again:
            self._pace.received(sent.size, took_s=now - sent.at, now=now)
        elif sent is not None:
            self._pace.returned(sent.size)

    def _room(self, channel: Channel) -> int:
        """Bytes that a lane may add now. One batch of a lane may always go, the backlog's only into an empty link."""
        window, flying = self._pace.window_bytes, sum(self._flying.values())
        if channel in self._closed:
            return 0
        if channel is Channel.BACKLOG:
            share = window // BACKLOG_SHARE - self._flying[channel]
            return min(window - flying, share) if flying else 1
        own = self._flying[channel]
        if channel is Channel.EVENTS:  # they are few, and nothing goes before them
            return window - own
        return max(window - flying, 0 if own else 1)

    def _fitting(self, due: Sequence[int]) -> int:
        """How many of these fit into the window together; one always does."""
        room, count = self._pace.window_bytes, 0
        for sequence in due:
            room -= self._out[sequence].size
            if room < 0:
                break
            count += 1
        return max(count, 1)

    def _wish(self, channel: Channel, priority: Priority, before: int) -> Wish:
        out = sum(1 for sent in self._out.values() if sent.channel is channel)
        limit = min(WAVE, WINDOWS[channel] - out) if self._room(channel) > 0 else 0
        return Wish(channel, priority, self._cursor[channel], before, limit)


def lane_of(priority: Priority) -> Channel:
    """Where a batch goes that is sent again."""
    return Channel.EVENTS if priority is Priority.EVENTS else Channel.BACKLOG


def _is_overtaken(sequence: int, sent: _Sent, newest_live: int) -> bool:
    """Whether a newer one of the live lane arrived before it; once, for the centre may also just withhold it."""
    return sent.channel is Channel.READINGS and not sent.again and sequence < newest_live


def _within(sequence: int, ranges: Sequence[tuple[int, int]]) -> bool:
    return any(first <= sequence <= last for first, last in ranges)
