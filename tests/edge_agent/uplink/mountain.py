"""A link and a centre as numbers, to see what the lanes do on a mountain and on a LAN without waiting for either."""

from __future__ import annotations

import heapq
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from device_profiles.wire import Channel, Receipt
from edge_agent.outbox.base import Parcel, Priority
from edge_agent.uplink.collecting import Collecting
from edge_agent.uplink.lanes import Lanes, lane_of

EPOCH = "0" * 16
SLOTS = 8  # publishes without PUBACK, as in uplink/mqtt.py
RETRANSMIT_S = 1.0  # what a lost packet costs before TCP has brought it after all
PACKET_BYTES = 1400
COMMIT_S = 0.06  # the centre's window and its store


@dataclass
class Line:
    """A link with its speed each way, its delay, and the share of packets that it loses."""

    bytes_per_s: float
    delay_s: float
    jitter_s: float = 0.0
    loss: float = 0.0


MOUNTAIN = Line(bytes_per_s=2000, delay_s=0.3, jitter_s=0.025, loss=0.02)  # 16 kbit/s, 600 ms +-50 there and back
LAN = Line(bytes_per_s=12_500_000, delay_s=0.0005)


@dataclass
class Journey:
    """What came of it."""

    sent_bytes: int = 0
    again_bytes: int = 0
    arrived_at: dict[int, float] = field(default_factory=dict)
    put_at: dict[int, float] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)

    def delay_s(self, share: float, *channels: Channel) -> float:
        """The delay from outbox to centre that this share of the batches of these lanes stayed below."""
        found = sorted(at - self.put_at[seq] for seq, at in self.arrived_at.items() if self.channels[seq] in channels)
        return found[min(len(found) - 1, int(len(found) * share))]


class World:
    """Runs lanes against a line until a moment. Events of this little world wait in `todo` by their time."""

    def __init__(self, lanes: Lanes, line: Line, *, seed: int = 1) -> None:
        self.lanes, self.line = lanes, line
        self.collecting = Collecting()
        self.dice = random.Random(seed)
        self.now = 0.0
        self.next = 1
        self.kept: dict[int, Parcel] = {}
        self.journey = Journey()
        self.todo: list[tuple[float, int, Callable[[], None]]] = []
        self.order = 0
        self.free_at = 0.0  # when the line has carried everything given to it
        self.last_arrival = 0.0  # TCP delivers in order
        self.unacknowledged = 0
        self.waiting: deque[tuple[Parcel, Channel]] = deque()
        self.stored: set[int] = set()

    def after(self, seconds: float, work: Callable[[], None]) -> None:
        self.order += 1
        heapq.heappush(self.todo, (self.now + seconds, self.order, work))

    def put(self, size: int, priority: Priority = Priority.READINGS) -> None:
        self.kept[self.next] = Parcel(self.next, priority, b"x" * size)
        self.journey.put_at[self.next] = self.now
        self.next += 1

    def every(self, period_s: float, size: int, priority: Priority = Priority.READINGS) -> None:
        def again() -> None:
            self.put(size, priority)
            self.after(period_s, again)

        self.after(period_s, again)

    def run(self, seconds: float) -> Journey:
        self.lanes.begin(next_sequence=self.next, now=self.now)
        end = self.now + seconds
        self.tick()
        while self.todo and self.todo[0][0] <= end:
            self.now, _, work = heapq.heappop(self.todo)
            work()
            self.wave()
        self.now = end
        return self.journey

    def tick(self) -> None:
        """The sender's own look, now and then."""
        self.wave()
        self.after(0.05, self.tick)

    def wave(self) -> None:
        while not self.waiting and self.one_wave():
            pass

    def one_wave(self) -> int:
        looked = 0
        for wish in self.lanes.wishes(next_sequence=self.next, now=self.now):
            found = []
            for sequence in range(wish.after + 1, min(wish.before, self.next)):
                if sequence in self.kept and self.kept[sequence].priority is wish.priority:
                    found.append(self.kept[sequence])
                    if len(found) == wish.limit:
                        break
            for parcel in self.lanes.fresh(wish, found):
                self.publish(parcel, wish.channel, again=False)
            looked += self.lanes.moved(wish)
        for sequence in self.lanes.again(now=self.now):
            if sequence in self.kept:
                self.publish(self.kept[sequence], lane_of(self.kept[sequence].priority), again=True)
                looked += 1
            else:
                self.lanes.forget(sequence)
        return looked

    def publish(self, parcel: Parcel, channel: Channel, *, again: bool) -> None:
        self.lanes.sent(parcel, channel, now=self.now)
        self.journey.channels.setdefault(parcel.sequence, channel)
        self.journey.again_bytes += len(parcel.payload) if again else 0
        self.waiting.append((parcel, channel))
        self.hand_over()

    def hand_over(self) -> None:
        while self.waiting and self.unacknowledged < SLOTS:
            parcel, _ = self.waiting.popleft()
            self.unacknowledged += 1
            size = len(parcel.payload) + 100
            self.journey.sent_bytes += size
            self.free_at = max(self.free_at, self.now) + size / self.line.bytes_per_s
            lost = sum(self.dice.random() < self.line.loss for _ in range(-(-size // PACKET_BYTES)))
            arrival = self.free_at + self.way_s() + lost * RETRANSMIT_S
            self.last_arrival = max(self.last_arrival, arrival)
            self.after(self.last_arrival - self.now, partial(self.arrive, parcel, self.now))

    def way_s(self) -> float:
        return self.line.delay_s + self.dice.uniform(-1, 1) * self.line.jitter_s

    def arrive(self, parcel: Parcel, sent_at: float) -> None:
        self.after(self.way_s(), partial(self.acknowledge, sent_at))
        self.after(COMMIT_S, lambda: self.commit(parcel))

    def acknowledge(self, sent_at: float) -> None:
        self.collecting.acknowledged(self.now - sent_at)
        self.unacknowledged -= 1
        self.hand_over()

    def commit(self, parcel: Parcel) -> None:
        """The centre stores it and names, as the real one does, every number below the highest that it misses."""
        self.stored.add(parcel.sequence)
        self.journey.arrived_at.setdefault(parcel.sequence, self.now)
        missing = [(each, each) for each in range(1, max(self.stored)) if each not in self.stored][:50]
        receipt = Receipt(v=1, epoch=EPOCH, committed=[(parcel.sequence, parcel.sequence)], missing=missing)
        self.after(self.way_s(), lambda: self.hear(receipt))

    def hear(self, receipt: Receipt) -> None:
        for first, _ in receipt.committed:
            self.kept.pop(first, None)
        self.lanes.receipt(receipt, now=self.now)
