"""aiomqtt's client with two doors that it keeps closed, for one connection that carries a whole fleet."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Self, TypeVar

import aiomqtt
from aiomqtt import ProtocolVersion
from paho.mqtt.enums import MessageType

T = TypeVar("T")
READ_BYTES = 65_536
Hear = Callable[[str, bytes], None]
HANDSHAKE_S = 20.0  # after a restart the broker shakes ten thousand hands, and ours among them
AT_MOST_ONCE = 0x30  # the first byte of a PUBLISH at QoS 0, not retained (MQTT 3.1.1, section 3.3)


class _Handshake(ssl.SSLSocket):
    """A socket that closes itself when the other side turns out to be somebody else; paho would leave it open."""

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        """As theirs; CPython asks once before the handshake, and would leave open what was reset by then."""
        try:
            return super().recv(buflen, flags)
        except OSError:
            if self.version() is None:
                self.close()
            raise

    def do_handshake(self, block: bool = False) -> None:
        self.settimeout(HANDSHAKE_S)
        try:
            super().do_handshake(block)
        except OSError:
            self.close()
            raise


def encrypted(authorities: Path | None) -> ssl.SSLContext:
    """Asks for the broker's name and for its chain up to these authorities, or else the system's."""
    context = ssl.create_default_context(cafile=authorities)
    context.sslsocket_class = _Handshake
    return context


class FleetClient(aiomqtt.Client):
    """Reads many packets a turn of the loop, and publishes many at once where nobody needs to know.

    paho reads every packet with three system calls and writes each with one; it tells aiomqtt of each, which makes an
    event for it. Together that is a third of what a batch costs us. Only names of theirs that their own code shares
    between them are touched, and only here; tests/cloud/ingest/test_fleet_client.py holds both to it.
    It speaks MQTT 3.1.1, whose packets have no properties.
    """

    def __init__(self, hostname: str, port: int, *, hear: Hear | None = None, **settings: Any) -> None:
        """With `hear` each message goes there at once, topic and payload, and none to `messages`."""
        super().__init__(hostname, port, protocol=ProtocolVersion.V311, **settings)
        if hear is not None:
            paho: Any = self._client
            paho.on_message = lambda _client, _userdata, message: hear(message.topic, bytes(message.payload))
            paho._on_message_filtered = _NoFilters()

    async def __aenter__(self) -> Self:
        """Connects, then puts the buffer between paho and its socket."""
        await super().__aenter__()
        plain: Any = self._client._sock
        if isinstance(plain, socket.socket) and not hasattr(plain, "pending"):  # TLS has a buffer of its own
            self._client._sock = BufferedSocket(plain)
        return self

    def publish_unconfirmed(self, messages: Iterable[tuple[str, bytes]]) -> None:
        """Hands messages to paho as one piece, at QoS 0; MqttError when there is no connection to send it on."""
        if self._client._sock is None:
            raise aiomqtt.MqttError("could not publish: not connected")
        piece = b"".join(_packet(topic.encode(), payload) for topic, payload in messages)
        # paho waits for no answer to such a piece, and has nothing to tell when it is sent
        self._client._packet_queue(MessageType.PINGREQ, piece, 0, 0)

    async def _wait_for(self, fut: Awaitable[T], timeout: float | None) -> T:
        """As theirs, without `asyncio.wait_for`: that of Python 3.11 swallows a cancellation beside the answer."""
        try:
            async with asyncio.timeout(self.timeout if timeout is None else timeout):
                return await fut
        except TimeoutError:
            raise aiomqtt.MqttError("Operation timed out") from None

    def _on_socket_register_write(self, client: Any, userdata: Any, sock: Any) -> None:
        """Theirs looks for the socket a turn later by its number, which then may be another's or nobody's."""

        def write() -> None:
            try:
                client.loop_write()
            except OSError as error:
                if not self._disconnected.done():
                    self._disconnected.set_exception(error)

        def watch() -> None:
            number, now = sock.fileno(), client.socket()
            if number >= 0 and now is not None and now.fileno() == number and client.want_write():
                self._loop.add_writer(number, write)

        self._loop.call_soon_threadsafe(watch)


class _NoFilters:
    """We have one ear. Theirs leaves garbage for each message that only the collector finds, and it comes seldom."""

    def iter_match(self, _topic: str) -> Iterator[Any]:
        return iter(())


def _packet(topic: bytes, payload: bytes) -> bytes:
    """A PUBLISH at QoS 0: type, length in groups of seven bits, topic with its length, payload."""
    left = 2 + len(topic) + len(payload)
    head = bytearray((AT_MOST_ONCE,))
    while left > 127:
        head.append(left & 127 | 128)
        left >>= 7
    head.append(left)
    return b"%b%b%b%b" % (bytes(head), len(topic).to_bytes(2), topic, payload)


class BufferedSocket:
    """A connected socket that reads ahead; `pending` tells aiomqtt, as TLS sockets do, that more is here already."""

    def __init__(self, plain: socket.socket) -> None:
        self._plain = plain
        self._ahead = b""
        self._taken = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._plain, name)

    def pending(self) -> int:
        """Bytes that are read ahead."""
        return len(self._ahead) - self._taken

    def recv(self, most: int) -> bytes:
        """Up to so many bytes; as the socket's own: b"" at the end, BlockingIOError when there is nothing yet."""
        begin = self._taken
        if begin == len(self._ahead):
            self._ahead, begin = self._plain.recv(max(READ_BYTES, most)), 0
        self._taken = min(begin + most, len(self._ahead))
        return self._ahead[begin : self._taken]
