"""A gateway as the broker sees it: one session with will, birth, health and batches, which comes back by itself.

```
 CONNECT (will) > CONNACK > SUBSCRIBE receipt, command > SUBACK > birth, health, backlog, what is new > receipts
```
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from device_profiles.backoff import Backoff
from device_profiles.wire import Channel, Receipt, WireError, decode, topic_for
from simulators.load.connection import Tls, Wire, address_of, reach, without_tls
from simulators.load.mqtt_wire import (
    CONNACK,
    PING,
    PUBLISH,
    SUBACK,
    connect_packet,
    publish_packet,
    published,
    subscribe_packet,
)

KEEP_ALIVE_S = 60
ANSWER_S = 20.0  # longest wait for a session once the broker has taken the connection, as the agents' keep-alive
SETTLING_S = 2.0  # as the agents: named missing sooner, it is probably under way
RECEIPT_S = 20.0  # as the agents' broker.receipt_timeout_s
FIRST_S, LONGEST_S, GOOD_S = 0.5, 8.0, 30.0  # as the agents' supervisor comes back: full jitter


@dataclass(slots=True)
class Words:
    """What a gateway has to say: its birth and health, and batches by sequence that have no receipt yet."""

    gateway: str
    birth: bytes
    will: bytes
    health: bytes
    owed: dict[int, bytes] = field(default_factory=dict)
    fresh: dict[int, bytes] = field(default_factory=dict)  # batches that are new when the next session begins


class LoadGateway:
    """Keeps one session going; `changed` is called whenever it comes, goes, or gets a receipt."""

    def __init__(
        self,
        words: Words,
        broker: str,
        changed: Callable[[LoadGateway], None],
        *,
        receipt_s: float = RECEIPT_S,
        tls: Tls = without_tls,
    ) -> None:
        self.words = words
        self.receipted: Callable[[int], None] = lambda _sequence: None
        self.sent = 0  # batches, repetitions included
        self.is_up = False
        self.sessions = 0
        self.wanted = 1  # the session that somebody waits for
        self._receipt_s = receipt_s
        self._tls = tls
        self._host, self._port = address_of(broker)
        self._changed = changed
        self._wire: Wire | None = None
        self._packet_id = 0
        self._sent_at: dict[int, float] = {}
        self._sent_new: set[int] = set()  # once, on the live lane of this session
        self._again: asyncio.TimerHandle | None = None

    async def run(self, *, after_s: float = 0.0) -> None:
        """One session after the other, until cancelled."""
        await asyncio.sleep(after_s)
        backoff, loop = Backoff(base_s=FIRST_S, cap_s=LONGEST_S), asyncio.get_running_loop()
        while True:
            began = loop.time()
            with suppress(OSError, TimeoutError):
                await self._session()
            if loop.time() - began > GOOD_S:
                backoff.reset()
            await asyncio.sleep(backoff.next_delay())

    def say(self, sequence: int, payload: bytes) -> None:
        """Brings a new batch on its way; it is sent again until it has a receipt."""
        self.words.owed[sequence] = payload
        if self.is_up:
            self._send(Channel.READINGS, sequence)

    async def _session(self) -> None:
        loop, up = asyncio.get_running_loop(), asyncio.Event()
        words = self.words
        wire = Wire(lambda kind, body: self._hear(kind, body, up))
        try:
            sock = await reach(self._host, self._port)
            async with asyncio.timeout(ANSWER_S):
                context = self._tls(words.gateway)
                name = self._host if context else None
                await loop.create_connection(lambda: wire, sock=sock, ssl=context, server_hostname=name)
                self._wire = wire
                will = (topic_for(words.gateway, Channel.STATE), words.will)
                wire.write(connect_packet(words.gateway, keep_alive_s=KEEP_ALIVE_S, will=will))
                await up.wait()
            while not wire.lost.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(KEEP_ALIVE_S / 2):
                        await wire.lost.wait()
                        return
                wire.write(PING)
        finally:
            self._end(wire)

    def _end(self, wire: Wire) -> None:
        wire.abort()
        self._wire = None
        self._sent_at.clear()
        self._sent_new.clear()
        if self._again is not None:
            self._again.cancel()
            self._again = None
        if self.is_up:
            self.is_up = False
            self._changed(self)

    def _hear(self, kind: int, body: bytes, up: asyncio.Event) -> None:
        if kind == CONNACK and self._wire is not None:
            receipts, commands = (topic_for(self.words.gateway, each) for each in (Channel.RECEIPT, Channel.COMMAND))
            self._wire.write(subscribe_packet(receipts, commands))
        elif kind == SUBACK:
            up.set()
            self._introduce()
        elif kind == PUBLISH:
            topic, payload = published(body)
            if topic.endswith(Channel.RECEIPT):
                self._settle(payload)

    def _introduce(self) -> None:
        words = self.words
        self.is_up, self.sessions = True, self.sessions + 1
        self._publish(Channel.STATE, words.birth, retain=True)
        self._publish(Channel.HEALTH, words.health, retain=True)
        for sequence in words.owed:
            self._send(Channel.BACKLOG, sequence)
        words.owed.update(words.fresh)
        for sequence in words.fresh:
            self._send(Channel.READINGS, sequence)
        words.fresh = {}
        self._changed(self)

    def _settle(self, payload: bytes) -> None:
        with suppress(WireError):
            receipt = decode(payload, Receipt)
            newest = 0
            for first, last in receipt.committed:
                for sequence in range(first, last + 1):
                    if self.words.owed.pop(sequence, None) is not None:
                        self.receipted(sequence)
                    self._sent_at.pop(sequence, None)
                    if sequence in self._sent_new:
                        newest = max(newest, sequence)
                        self._sent_new.discard(sequence)
            for first, last in receipt.missing:
                self._send_missing(each for each in self.words.owed if first <= each <= last)
            self._send_missing(each for each in self.words.owed if each in self._sent_new and each < newest)
            self._changed(self)

    def _send_missing(self, sequences: Iterable[int]) -> None:
        """Sends again what the centre misses, or newer ones have overtaken, unless it is probably on its way."""
        now = asyncio.get_running_loop().time()
        for sequence in list(sequences):
            if now - self._sent_at.get(sequence, now) >= SETTLING_S:
                self._send(Channel.BACKLOG, sequence)

    def _send(self, channel: Channel, sequence: int) -> None:
        loop = asyncio.get_running_loop()
        self.sent += 1
        self._publish(channel, self.words.owed[sequence])
        (self._sent_new.add if channel is Channel.READINGS else self._sent_new.discard)(sequence)
        self._sent_at[sequence] = loop.time()
        if self._again is None:
            self._again = loop.call_later(self._receipt_s, self._send_again)

    def _send_again(self) -> None:
        """Sends what has had no receipt for too long, and looks again when the next may have to be."""
        self._again, now = None, asyncio.get_running_loop().time()
        for sequence, at in list(self._sent_at.items()):
            if now - at >= self._receipt_s:
                self._send(Channel.BACKLOG, sequence)
        if self._again is None and self._sent_at:
            wait_s = max(0.1, min(self._sent_at.values()) + self._receipt_s - now)
            self._again = asyncio.get_running_loop().call_later(wait_s, self._send_again)

    def _publish(self, channel: Channel, payload: bytes, *, retain: bool = False) -> None:
        if self._wire is not None:
            self._packet_id = self._packet_id % 1000 + 1
            self._wire.write(
                publish_packet(topic_for(self.words.gateway, channel), payload, self._packet_id, retain=retain)
            )


class LoadFleet:
    """Many gateways, and the moments when all of them are up and nothing is owed any more."""

    def __init__(
        self, words: Iterable[Words], broker: str, *, receipt_s: float = RECEIPT_S, tls: Tls = without_tls
    ) -> None:
        self.gateways = [LoadGateway(each, broker, self._note, receipt_s=receipt_s, tls=tls) for each in words]
        self._up: set[str] = set()
        self._settled: set[str] = set()
        self._moved = asyncio.Event()

    async def run(self, *, spread_s: float) -> None:
        """Brings the gateways up within so many seconds, and keeps them, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for number, gateway in enumerate(self.gateways):
                group.create_task(gateway.run(after_s=spread_s * number / len(self.gateways)))

    def expect_new_sessions(self) -> None:
        """From now on only gateways in a later session than the present one count as up."""
        for each in self.gateways:
            each.wanted = each.sessions + 1
        self._up.clear()
        self._settled.clear()

    async def until_all_up(self) -> None:
        """Returns when every gateway has its session."""
        await self._until(self._up)

    async def until_settled(self) -> None:
        """Returns when every gateway has its session, and a receipt for everything."""
        await self._until(self._settled)

    async def until_lost(self) -> None:
        """Returns when the first gateway has lost its session."""
        while all(each.is_up for each in self.gateways):
            self._moved.clear()
            await self._moved.wait()

    async def _until(self, those: set[str]) -> None:
        while len(those) < len(self.gateways):
            self._moved.clear()
            await self._moved.wait()

    def _note(self, gateway: LoadGateway) -> None:
        name, is_up = gateway.words.gateway, gateway.is_up and gateway.sessions >= gateway.wanted
        (self._up.add if is_up else self._up.discard)(name)
        (self._settled.add if is_up and not gateway.words.owed else self._settled.discard)(name)
        self._moved.set()
