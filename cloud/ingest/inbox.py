"""What has arrived and is not yet looked at: bounded and fair; what is let go gets no receipt and comes again."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from itertools import islice

from cloud.metrics import Metric, Metrics
from device_profiles.clock import Clock

GATEWAY_LEVEL, CHANNEL_LEVEL = 3, 4  # of a topic, thacba/1/<shard>/<gateway>/<channel>
LOOKED_AT = 8  # gateways, to find who has much when the one that had most has been served
WEIGHT = 300  # bytes of memory of a message beside its payload
TALK, BACKLOG = frozenset({"state", "health"}), frozenset({"backlog"})  # everything else is urgent
TALK_TURN, BACKLOG_TURN, TURNS = 1, 3, 4  # while urgent things wait, these of four turns are for the others


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message as the broker handed it over."""

    topic: str
    payload: bytes
    received_at: int

    @property
    def weight(self) -> int:
        """How many bytes it takes while it waits; an empty message is not free."""
        return len(self.payload) + WEIGHT


@dataclass(slots=True)
class _Queue:
    """What waits of one gateway, oldest first."""

    arrivals: deque[Arrival] = field(default_factory=deque)
    bytes: int = 0


class _Lane:
    """Messages of one kind; the gateways take turns, each in its own order."""

    def __init__(self) -> None:
        self._queues: OrderedDict[str, _Queue] = OrderedDict()  # of who has something here; whose turn is next is first
        self._largest = ""
        self._bytes = 0
        self.messages = 0

    def put(self, gateway: str, arrival: Arrival) -> None:
        queue = self._queues.get(gateway)
        if queue is None:
            queue = self._queues[gateway] = _Queue()
        queue.arrivals.append(arrival)
        self._weigh(queue, arrival, 1)
        if queue.bytes >= self._bytes_of(self._largest):
            self._largest = gateway

    def take(self) -> Arrival:
        """The oldest message of the gateway whose turn it is."""
        gateway, queue = next(iter(self._queues.items()))
        arrival = queue.arrivals.popleft()
        self._weigh(queue, arrival, -1)
        if queue.arrivals:
            self._queues.move_to_end(gateway)
        else:
            del self._queues[gateway]
        return arrival

    def let_go(self, gateway: str, weight: int) -> Arrival | None:
        """The newest message of whoever has the most here; None when nobody would have more than this gateway."""
        if self._bytes_of(self._largest) * len(self._queues) < self._bytes:  # less than the average: no longer so
            latest = islice(reversed(self._queues), LOOKED_AT)
            self._largest = max(latest, key=self._bytes_of)
        queue = self._queues.get(self._largest)
        if queue is None or queue.bytes <= self._bytes_of(gateway) + weight:
            return None
        arrival = queue.arrivals.pop()
        self._weigh(queue, arrival, -1)
        if not queue.arrivals:
            del self._queues[self._largest]
        return arrival

    def _weigh(self, queue: _Queue, arrival: Arrival, sign: int) -> None:
        queue.bytes += sign * arrival.weight
        self._bytes += sign * arrival.weight
        self.messages += sign

    def _bytes_of(self, gateway: str) -> int:
        queue = self._queues.get(gateway)
        return queue.bytes if queue is not None else 0


class Inbox:
    """A queue between the broker's link and the flow. Belongs to one event loop; putting never waits.

    Policy: new readings and events go before births and health, these before backlog, but each has its share; gateways
    take turns. When it is full, backlog makes room first, then births and health, and of whoever has the most there:
    who floods loses his own newest messages, not those of others. What is let go is counted; batches come again by
    themselves, health with the next, and births are retained by the broker.
    """

    def __init__(self, clock: Clock, metrics: Metrics, *, most_messages: int, most_bytes: int) -> None:
        self._clock = clock
        self._metrics = metrics
        self._most_messages = most_messages
        self._most_bytes = most_bytes
        self._urgent, self._talk, self._backlog = _Lane(), _Lane(), _Lane()
        self._lanes = (self._urgent, self._talk, self._backlog)
        self._bytes = 0
        self._turn = 0
        self._filled = asyncio.Event()

    def __len__(self) -> int:
        return self._urgent.messages + self._talk.messages + self._backlog.messages

    @property
    def size_bytes(self) -> int:
        """How large everything is that waits."""
        return self._bytes

    def put(self, topic: str, payload: bytes) -> None:
        """Takes a message in, or lets it or another one go."""
        self._metrics.add(Metric.MESSAGES)
        levels = topic.split("/", CHANNEL_LEVEL)
        gateway = levels[GATEWAY_LEVEL] if len(levels) > CHANNEL_LEVEL else ""
        lane = self._backlog if levels[-1] in BACKLOG else self._talk if levels[-1] in TALK else self._urgent
        arrival = Arrival(topic, payload, self._clock.now_ms())
        if not self._has_room(arrival) and not self._make_room(lane, gateway, arrival):
            self._metrics.add(Metric.LET_GO)
            return
        lane.put(gateway, arrival)
        self._bytes += arrival.weight
        self._filled.set()

    async def filled(self, most: int, *, linger_s: float) -> None:
        """Waits for a message, then a moment for company unless `most` are there."""
        await self._filled.wait()
        if len(self) < most and linger_s > 0:
            await self._clock.sleep(linger_s)

    def pop(self) -> Arrival:
        """The message whose turn it is; IndexError when there is none."""
        if not len(self):
            raise IndexError("the inbox is empty")
        self._turn = (self._turn + 1) % TURNS
        first = self._talk if self._turn == TALK_TURN else self._backlog if self._turn == BACKLOG_TURN else self._urgent
        lane = first if first.messages else next(each for each in self._lanes if each.messages)
        arrival = lane.take()
        self._bytes -= arrival.weight
        if not len(self):
            self._filled.clear()
        return arrival

    def _has_room(self, arrival: Arrival) -> bool:
        return len(self) < self._most_messages and self._bytes + arrival.weight <= self._most_bytes

    def _make_room(self, lane: _Lane, gateway: str, arrival: Arrival) -> bool:
        """Lets messages go until this one fits; False when it must go itself."""
        while len(self) and not self._has_room(arrival):
            gone = None
            for other in (self._backlog, self._talk, self._urgent):
                # what is more urgent may push out anybody's message
                gone = other.let_go(gateway, arrival.weight) if other is lane else other.let_go("", 0)
                if gone is not None or other is lane:
                    break
            if gone is None:
                return False
            self._bytes -= gone.weight
            self._metrics.add(Metric.LET_GO)
        return self._has_room(arrival)
