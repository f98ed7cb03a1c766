"""A broker of others, heard for many devices at once: the network server of a LoRaWAN, or a house full of relays.

```
 broker ── QoS 1 ──▶ receive ─▶ boxes ─▶ outbox on disk ─▶ settled ── PUBACK ──▶ broker forgets it
```

The session stays at the broker while the agent is away, and a message is acknowledged only when the outbox has it: what
was published at QoS 1 survives `kill -9` here. What was published at QoS 0 is kept by nobody while the agent is away.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from edge_agent.brokered import Brokered
from edge_agent.connector import LinkError
from edge_agent.connectors.sharing import SharedLine
from edge_agent.credentials import CredentialError
from edge_agent.device import Surroundings
from edge_agent.lasting import write_lasting
from edge_agent.mqtt_client import NO_DELAY, PING_SHARE, GatewayClient, Handshake
from edge_agent.mqtt_message import Message
from edge_agent.trust import trusting

UNREAD = 1000  # messages received and not in any box; of what comes beyond it QoS 1 is sent again later
UNSETTLED = 200  # messages at QoS 1 that the broker may send ahead of our acknowledgements
TOPICS_AT_ONCE = 100
REFUSED_LOG_IN = frozenset({134, 135})  # CONNACK: bad user name or password, not authorised
UNSUPPORTED = 132

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Session:
    """Our name at the broker, and what it has been asked for under this name."""

    client: str
    topics: frozenset[str] = frozenset()


class MqttLine:
    """An open connection to a broker; one task receives, anybody may publish."""

    def __init__(self, client: GatewayClient, session: Session, file: Path | None, *, version: str) -> None:
        self._client = client
        self._session = session
        self._file = file
        self._version = version
        self._told_dropped = 0
        self._asking = asyncio.Lock()
        self._asked: frozenset[str] = frozenset()
        self._refused: frozenset[str] = frozenset()

    @property
    def asked(self) -> frozenset[str]:
        """What the broker was asked for, and has answered."""
        return self._asked

    @property
    def dropped(self) -> int:
        """Messages that had no room since the line was opened."""
        return self._client.dropped

    async def want(self, topics: frozenset[str]) -> frozenset[str]:
        """Asks for these topics and gives up all others, also those of a time before; gives those refused."""
        async with self._asking:
            new, old = sorted(topics - self._asked), sorted(self._session.topics - topics)
            for some in _portions(new):
                self._refused |= await self._subscribe(some)
            for some in _portions(old):
                with _as_link_errors():
                    await self._client.unsubscribe(list(some))
            self._asked, self._refused = topics, self._refused & topics
            if topics != self._session.topics:
                self._session = Session(self._session.client, topics)
                if self._file is not None:
                    await asyncio.to_thread(_keep, self._file, self._session)
        return self._refused

    async def _subscribe(self, topics: Sequence[str]) -> frozenset[str]:
        with _as_link_errors():
            if self._version == "5":
                answers = await self._client.subscribe([(topic, SubscribeOptions(qos=1)) for topic in topics])
            else:
                answers = await self._client.subscribe([(topic, 1) for topic in topics])
        codes = [answer if isinstance(answer, int) else answer.value for answer in answers]
        return frozenset(topic for topic, code in zip(topics, codes, strict=False) if code >= 128)

    async def receive(self) -> Message:
        """The next message; LinkError when the connection is lost."""
        self._tell_dropped()
        with _as_link_errors():
            message = await self._client.hear()
        return Message(message.topic.value, bytes(message.payload), message.retain, message.mid, message.qos)

    def _tell_dropped(self) -> None:
        """Says once for each flood how many messages had no room."""
        dropped = self.dropped - self._told_dropped
        if dropped and not len(self._client.messages):
            self._told_dropped += dropped
            log.warning("messages of devices dropped", extra={"messages": dropped})

    async def publish(self, topic: str, payload: bytes) -> None:
        """Returns when the broker has it; LinkError when not."""
        with _as_link_errors():
            await self._client.publish(topic, payload, qos=1)

    def settled(self, item: Message) -> None:
        """Acknowledges the message: it is on disk, or nobody's."""
        self._client.acknowledge(item.number, item.qos)

    async def close(self) -> None:
        """Says goodbye; the broker keeps the session."""
        with suppress(aiomqtt.MqttError):
            await self._client.__aexit__(None, None, None)


def shared_line(connection: Brokered, around: Surroundings) -> SharedLine[Message]:
    """The line of this broker that the devices share; it is opened when the first of them listens."""
    for wire in [wire for wire, line in around.wires.items() if wire[0] == "mqtt" and not line.in_use]:
        del around.wires[wire]
    line = around.wires.get(connection.wire)
    if line is None:
        folder = None if around.looks_only else around.data_dir
        line = SharedLine[Message](lambda: open_line(connection, folder))
        around.wires[connection.wire] = line
    return cast(SharedLine[Message], line)


async def open_line(connection: Brokered, data_dir: Path | None) -> MqttLine:
    """Connects under the name of before, so that the broker hands over what it kept; LinkError when it cannot be.

    Without a folder it only looks: under a name of its own, of which the broker keeps nothing.
    """
    file, session = None, Session(f"thacba-look-{secrets.token_hex(8)}")
    if data_dir is not None:
        digest = hashlib.sha256(repr(connection.wire).encode()).hexdigest()[:16]
        file = data_dir / "mqtt" / f"{digest}.json"
        session = await asyncio.to_thread(_session_in, file)
    client = _client_for(connection, session.client, session_h=connection.session_h if file else 0)
    try:
        with _as_link_errors():
            await client.__aenter__()
    except LinkError as error:
        raise LinkError(error.fault, f"{connection.url}: {error.detail}") from error
    log.info("broker of devices reached", extra={"broker": connection.url})
    return MqttLine(client, session, file, version=connection.version)


def _client_for(connection: Brokered, name: str, *, session_h: float) -> GatewayClient:
    host, port, encrypted = connection.broker
    five: dict[str, Any] = {"clean_start": False, "properties": _properties(connection, session_h)}
    three: dict[str, Any] = {"clean_session": session_h == 0}
    client = GatewayClient(
        host,
        port,
        username=connection.username or None,
        password=_password(connection),
        identifier=name,
        protocol=aiomqtt.ProtocolVersion.V5 if connection.version == "5" else aiomqtt.ProtocolVersion.V311,
        timeout=float(connection.keep_alive_s),
        keepalive=max(1, int(connection.keep_alive_s * PING_SHARE)),
        tls_context=_tls(connection) if encrypted else None,
        max_queued_incoming_messages=UNREAD,
        socket_options=[NO_DELAY],
        **(five if connection.version == "5" else three),
    )
    client.acknowledge_by_hand()
    return client


def _properties(connection: Brokered, session_h: float) -> Properties:
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = round(session_h * 3600)
    properties.MaximumPacketSize = connection.max_bytes + 1024  # topic and header lie before the payload
    properties.ReceiveMaximum = UNSETTLED
    return properties


def _password(connection: Brokered) -> str | None:
    try:
        key = connection.key()
    except CredentialError as error:
        raise LinkError("missing", str(error)) from error
    return key.get_secret_value() if key else None


def _tls(connection: Brokered) -> Any:
    try:
        authorities = connection.ca_file.read_text(encoding="ascii") if connection.ca_file else ""
        context = trusting(authorities, with_dates=True)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise LinkError("missing", f"{connection.ca_file} cannot be read: {error}") from error
    context.sslsocket_class = Handshake
    return context


class _as_link_errors:  # noqa: N801 -- reads as a statement
    """Turns what the client says of a lost or refused connection into a LinkError with a short code."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, aiomqtt.MqttError):
            raise LinkError(_fault_of(error), str(error) or "lost") from error


def _fault_of(error: aiomqtt.MqttError) -> str:
    code = getattr(getattr(error, "rc", None), "value", None)
    if code in REFUSED_LOG_IN:
        return "unauthorised"
    if code == UNSUPPORTED:
        return "version"
    text = str(error).lower()
    if "timed out" in text:
        return "timeout"
    return "refused" if "refused" in text and code is None else "no_answer"


def _session_in(file: Path) -> Session:
    """Our name of before, or a new one that is on disk before it is used."""
    try:
        said = json.loads(file.read_bytes())
        return Session(str(said["client"]), frozenset(map(str, said["topics"])))
    except (OSError, ValueError, KeyError, TypeError):
        session = Session(f"thacba-{secrets.token_hex(8)}")
        _keep(file, session)
        return session


def _keep(file: Path, session: Session) -> None:
    try:
        write_lasting(file, json.dumps({"client": session.client, "topics": sorted(session.topics)}).encode())
    except OSError as error:  # a full disk: then the broker keeps nothing for us over a restart
        log.warning("session with a broker of devices not kept", extra={"error": str(error)})


def _portions(topics: Sequence[str]) -> list[Sequence[str]]:
    return [topics[begin : begin + TOPICS_AT_ONCE] for begin in range(0, len(topics), TOPICS_AT_ONCE)]
