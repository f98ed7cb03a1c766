"""The door to the MQTT broker: hears the fleet, hands out receipts and commands, comes back after every loss."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections import deque
from collections.abc import Iterator
from typing import Literal, NoReturn, Protocol

import aiomqtt

from cloud.config import BrokerConfig
from cloud.ingest.fleet_client import FleetClient, encrypted
from cloud.ingest.inbox import Inbox
from cloud.metrics import Metric, Metrics
from device_profiles.backoff import Backoff
from device_profiles.clock import Clock
from device_profiles.wire import filter_for
from device_profiles.wire.topics import BATCHES, RETAINED, UP

log = logging.getLogger(__name__)

OUTBOX_MESSAGES = 5_000
PIECE_MESSAGES = 500
SENDERS = 64  # publishes under way at the same time
NO_DELAY = (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else a small packet waits 40 ms for the ACK of the one before
Qos = Literal[0, 1]
ANSWER_S = 4.0  # longest wait for the broker, also when we stop: stopping takes less than 5 s
RETAINED_S = 120.0  # the same while it hands over what a fleet has retained
AT_ONCE = tuple(channel for channel in UP if channel not in RETAINED)
STEADY_S = 30.0  # a link that lasted so long was a good one


class Link(Protocol):
    """The way to and from the fleet."""

    async def run(self, inbox: Inbox) -> None:
        """Feeds the inbox until cancelled."""

    def send(self, topic: str, payload: bytes, *, qos: Qos = 1, retain: bool = False) -> bool:
        """Hands a message over for sending; False when it had to let one go."""

    def fault(self) -> str:
        """Empty when connected, else one sentence why not."""

    def connected_for_s(self) -> float:
        """How long the link has been good; 0 when it is not."""


class MqttLink:
    """One connection, one session that the broker forgets: what we miss, the gateways send again.

    Batches come at QoS 0, although gateways publish them at QoS 1: the receipt acknowledges them end to end, and an
    acknowledgement to the broker, which keeps nothing for us anyway, would cost each of them a packet more.
    """

    def __init__(self, config: BrokerConfig, clock: Clock, metrics: Metrics) -> None:
        self._config = config
        self._clock = clock
        self._metrics = metrics
        self._outbox: deque[tuple[str, bytes, Qos, bool]] = deque()
        self._unsent = asyncio.Event()
        self._fault = "not connected yet"
        self._since = 0.0
        self._links = 0

    def fault(self) -> str:
        """Empty when connected, else one sentence why not."""
        return self._fault

    def connected_for_s(self) -> float:
        """How long the link has been good; 0 when it is not."""
        return 0.0 if self._fault else self._clock.monotonic() - self._since

    def send(self, topic: str, payload: bytes, *, qos: Qos = 1, retain: bool = False) -> bool:
        """Hands a message over for sending; when too many wait, the oldest is let go and counted."""
        full = len(self._outbox) >= OUTBOX_MESSAGES
        if full:
            self._outbox.popleft()
            self._metrics.add(Metric.RECEIPTS_LOST)
        self._outbox.append((topic, payload, 1 if retain else qos, retain))
        self._unsent.set()
        return not full

    async def run(self, inbox: Inbox) -> None:
        """Connects, listens, and starts again when the link is lost; ends only when cancelled."""
        backoff = Backoff(base_s=0.1, cap_s=2.0)  # there is one centre: what comes before it is back is lost on it
        while True:
            began = self._clock.monotonic()
            try:
                await self._listen(inbox)
            except* (aiomqtt.MqttError, OSError) as lost:
                self._note_loss(str(lost.exceptions[0]))
            if self._clock.monotonic() - began > STEADY_S:
                backoff.reset()
            await self._clock.sleep(backoff.next_delay())

    async def _listen(self, inbox: Inbox) -> None:
        async with self._client(inbox) as client:
            client.pending_calls_threshold = SENDERS  # more than that would be worth a warning of aiomqtt
            await client.subscribe([(filter_for(channel), 0 if channel in BATCHES else 1) for channel in AT_ONCE])
            self._note_link()
            async with asyncio.TaskGroup() as group:
                for _ in range(SENDERS):
                    group.create_task(self._send_all(client))
                group.create_task(_hear_what_is_retained(client))
                group.create_task(_until_lost(client))

    def _client(self, inbox: Inbox) -> FleetClient:
        secret = self._config.password()
        return FleetClient(
            self._config.host(),
            self._config.port(),
            username=self._config.name() or None,
            password=secret.get_secret_value() if secret else None,
            identifier=self._config.client_id,
            clean_session=True,
            keepalive=self._config.keep_alive_s,
            timeout=ANSWER_S,
            max_inflight_messages=SENDERS,
            socket_options=[NO_DELAY],
            tls_context=encryption(self._config),
            hear=inbox.put,
        )

    async def _send_all(self, client: FleetClient) -> NoReturn:
        while True:
            while self._outbox:
                topic, payload, qos, retain = self._outbox.popleft()
                try:
                    if qos:
                        await client.publish(topic, payload, qos=qos, retain=retain)
                    else:
                        client.publish_unconfirmed([(topic, payload), *self._more_unconfirmed()])
                except aiomqtt.MqttError:
                    self._metrics.add(Metric.RECEIPTS_LOST)
                    raise
            self._unsent.clear()
            await self._unsent.wait()

    def _more_unconfirmed(self) -> Iterator[tuple[str, bytes]]:
        """What else waits in a row and needs no answer: it leaves in the same piece."""
        for _ in range(PIECE_MESSAGES):
            if not self._outbox or self._outbox[0][2]:
                return
            topic, payload, _, _ = self._outbox.popleft()
            yield topic, payload

    def _note_link(self) -> None:
        log.info("broker link up", extra={"broker": self._config.url, "links": self._links})
        if self._links:
            self._metrics.add(Metric.RECONNECTS)
        self._links += 1
        self._fault, self._since = "", self._clock.monotonic()

    def _note_loss(self, reason: str) -> None:
        if not self._fault or self._fault == "not connected yet":
            log.warning("broker link lost", extra={"broker": self._config.url, "error": reason})
        self._fault = reason or "the broker ended the connection"


def encryption(config: BrokerConfig) -> ssl.SSLContext | None:
    """What we show the broker and what we ask of it, read anew for each connection; None without TLS."""
    if not config.is_encrypted():
        return None
    context = encrypted(config.ca_file)
    if config.certificate_file is not None:
        context.load_cert_chain(config.certificate_file, config.key_file)
    return context


async def _hear_what_is_retained(client: FleetClient) -> None:
    """Asks for births and health last: the broker hands over those of the whole fleet before it says that it will."""
    await client.subscribe([(filter_for(channel), 1) for channel in UP if channel in RETAINED], timeout=RETAINED_S)


async def _until_lost(client: FleetClient) -> None:
    """Ends with MqttError when the link does; messages go straight into the inbox and never come this way."""
    async for _ in client.messages:
        pass
