"""aiomqtt's client, made to end: it obeys every cancellation, notices every loss at once, and leaves no socket open.

The way to the centre and the connectors that hear devices through a broker share it.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Awaitable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self, TypeVar

import aiomqtt

T = TypeVar("T")
CONNECT_S = 3.0
# Longest silence of a broker that has taken the connection. It shakes ten thousand hands after a restart; measured:
# when gateways gave up after 10 s and came again, the last was back after 400 s, with 20 s after 31 s.
HANDSHAKE_S = 20.0
NO_DELAY = (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else a small packet waits 40 ms for the ACK of the one before
PING_SHARE = 0.7  # paho gives up after two silent ping periods: 2 x 0.7 is below the 1.5 x keep-alive that we promise
PARTING_S = 1.0  # for the DISCONNECT packet behind the farewell
CONNACK = 0x20
NOT_MQTT = "not mqtt"  # uplink/faults.py knows it by this name


class Handshake(ssl.SSLSocket):
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
        """As theirs, within our patience."""
        self.settimeout(HANDSHAKE_S)  # paho's own is that of the connection
        try:
            super().do_handshake(block)
        except OSError:
            self.close()
            raise


class GatewayClient(aiomqtt.Client):
    """Only names of theirs that their own code shares between them are touched, and only here.

    tests/edge_agent/uplink/test_stopping.py and test_wrong_doors.py hold both to it.
    """

    _dropped = 0

    async def __aenter__(self) -> Self:
        """Connects; whatever comes between, the socket is closed (theirs stays open, with its reader in the loop)."""
        try:
            await self._reach()
            return await super().__aenter__()
        except BaseException:
            self._client._sock_close()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """DISCONNECT only after a farewell: after an error it would keep the broker from publishing our will."""
        try:
            if error is None:
                self.timeout = PARTING_S
                with suppress(aiomqtt.MqttError):
                    await super().__aexit__(None, None, None)
        finally:
            self._client._sock_close()
            if self._disconnected.done():
                self._disconnected.exception()  # told already, by whoever waited for something

    def acknowledge_by_hand(self) -> None:
        """From now on a message at QoS 1 is acknowledged by `acknowledge`, and by nobody else. To be called first."""
        self._client.manual_ack_set(True)
        self._client.connect_timeout = CONNECT_S
        self._disconnected.add_done_callback(self._tell_hearer)

    def acknowledge(self, number: int, qos: int) -> None:
        """Lets the broker forget the message of this number."""
        if qos and not self._disconnected.done():
            self._client.ack(number, qos)

    async def hear(self) -> aiomqtt.Message:
        """The next message; MqttError when there is none and the connection is lost. To cancel it loses nothing.

        Their own way takes a message from the queue beside the cancellation, and then nobody has it.
        """
        queue: asyncio.Queue[aiomqtt.Message | None] = self._queue  # type: ignore[assignment]
        if not (self._disconnected.done() and queue.empty()):
            message = await queue.get()
            if message is not None:
                return message
        raise aiomqtt.MqttError("lost") from self._disconnected.exception()

    @property
    def dropped(self) -> int:
        """Messages that came while the queue was full; those at QoS 1 are not acknowledged, and come again."""
        return self._dropped

    def _on_message(self, client: Any, userdata: Any, message: Any) -> None:
        """Theirs writes a line into the log for each message that it drops."""
        if self._queue.full():
            self._dropped += 1
        else:
            super()._on_message(client, userdata, message)

    def _tell_hearer(self, _: object) -> None:
        """Who waits at an empty queue hears that no more will come."""
        if self._queue.empty():
            self._queue.put_nowait(None)  # type: ignore[arg-type]

    async def _reach(self) -> None:
        """Name, TCP and TLS in a thread that no stop has to wait for, unlike those of the loop's executor.

        A resolver may block for half a minute, and somebody who takes the connection and never shakes hands for longer.
        """
        loop = asyncio.get_running_loop()
        reached: asyncio.Future[None] = loop.create_future()

        def reach() -> None:
            fault: OSError | None = None
            try:
                self._client_connect()
            except OSError as error:
                fault = error
            try:
                loop.call_soon_threadsafe(self._tell, reached, fault)
            except RuntimeError:  # the loop is closed: nobody waits any more
                self._client._sock_close()

        threading.Thread(target=reach, name="connecting", daemon=True).start()
        try:
            await reached
        except OSError as error:
            raise aiomqtt.MqttError(str(error)) from error

    def _tell(self, reached: asyncio.Future[None], fault: OSError | None) -> None:
        if reached.done():
            self._client._sock_close()  # who waited was stopped meanwhile
        elif fault is None:
            reached.set_result(None)
        else:
            reached.set_exception(fault)

    def _client_connect(self) -> None:
        """Theirs asks for it once more, when there is a connection already."""
        if self._client.socket() is None:
            super()._client_connect()

    async def _wait_for(self, fut: Awaitable[T], timeout: float | None) -> T:
        """As theirs, without `asyncio.wait_for`: that of Python 3.11 swallows a cancellation beside the answer."""
        try:
            async with asyncio.timeout(self.timeout if timeout is None else timeout):
                answer = await fut
        except TimeoutError:
            raise aiomqtt.MqttError("Operation timed out") from None
        if fut is not self._disconnected and self._disconnected.done():
            raise aiomqtt.MqttError("lost before the answer")
        return answer

    def _on_disconnect(self, client: Any, userdata: Any, flags: Any, reason_code: Any, properties: Any = None) -> None:
        """Theirs lets everybody wait for the whole time-out when the connection is lost before the answer."""
        if self._connected.done():
            super()._on_disconnect(client, userdata, flags, reason_code, properties)
            for published in self._pending_publishes.values():
                published.set()
            for subscribed in self._pending_subscribes.values():
                if not subscribed.done():
                    subscribed.set_result([])
            return
        said = client._in_packet["command"]
        is_strange = str(reason_code) == "Protocol error" or said not in (0, CONNACK)
        what = NOT_MQTT if is_strange else "lost"
        self._connected.set_exception(aiomqtt.MqttError(f"{what} before the answer to CONNECT: {reason_code}"))
        self._connected.exception()  # who was cancelled meanwhile does not ask for it

    def _on_socket_register_write(self, client: Any, userdata: Any, sock: Any) -> None:
        """Theirs looks for the socket a turn later by its number, which then may be another's or nobody's."""

        def write() -> None:
            try:
                client.loop_write()
            except OSError as error:
                if not self._disconnected.done():
                    self._disconnected.set_exception(error)

        def watch() -> None:
            if client.socket() is sock and client.want_write():
                self._loop.add_writer(sock, write)

        self._loop.call_soon_threadsafe(watch)
