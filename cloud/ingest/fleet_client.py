"""aiomqtt's client with two doors that it keeps closed, for one connection that carries a whole fleet."""

from __future__ import annotations

import socket
from typing import Any, Self

import aiomqtt

READ_BYTES = 65_536


class FleetClient(aiomqtt.Client):
    """Reads many packets a turn of the loop, and publishes without waiting where nobody needs to know.

    paho reads every packet with three system calls and hands the loop back after each; aiomqtt makes an event for
    each publish. Together that is a third of what a batch costs us. Only names of theirs that their own code shares
    between them are touched, and only here; tests/cloud/ingest/test_fleet_client.py holds both to it.
    """

    async def __aenter__(self) -> Self:
        """Connects, then puts the buffer between paho and its socket."""
        await super().__aenter__()
        plain: Any = self._client._sock
        if isinstance(plain, socket.socket) and not hasattr(plain, "pending"):  # TLS has a buffer of its own
            self._client._sock = BufferedSocket(plain)
        return self

    def publish_unconfirmed(self, topic: str, payload: bytes) -> None:
        """Hands a message to paho at QoS 0; MqttError when there is no connection to send it on."""
        rc = self._client.publish(topic, payload, 0).rc
        if rc:
            raise aiomqtt.MqttError(f"could not publish: {rc}")


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
