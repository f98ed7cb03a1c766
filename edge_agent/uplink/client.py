"""aiomqtt's client, made to end: it obeys every cancellation, notices every loss at once, and leaves no socket open."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self, TypeVar

import aiomqtt

from edge_agent.uplink.faults import NOT_MQTT

T = TypeVar("T")
PARTING_S = 1.0  # for the DISCONNECT packet behind the farewell
CONNACK = 0x20


class GatewayClient(aiomqtt.Client):
    """Only names of theirs that their own code shares between them are touched, and only here.

    tests/edge_agent/uplink/test_stopping.py and test_wrong_doors.py hold both to it.
    """

    async def __aenter__(self) -> Self:
        """Connects; whatever comes between, the socket is closed (theirs stays open, with its reader in the loop)."""
        try:
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

    async def _wait_for(self, fut: Awaitable[T], timeout: float | None) -> T:
        """As theirs, without `asyncio.wait_for`: that of Python 3.11 swallows a cancellation beside the answer."""
        try:
            async with asyncio.timeout(self.timeout if timeout is None else timeout):
                return await fut
        except TimeoutError:
            raise aiomqtt.MqttError("Operation timed out") from None

    def _on_disconnect(self, client: Any, userdata: Any, flags: Any, reason_code: Any, properties: Any = None) -> None:
        """Theirs waits for the whole time-out when the connection is lost before the CONNACK."""
        if self._connected.done():
            super()._on_disconnect(client, userdata, flags, reason_code, properties)
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
