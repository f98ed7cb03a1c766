"""The one MQTT session through which all virtual gateways of an exercise speak, and which comes back by itself."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from contextlib import suppress
from typing import Final, NoReturn

from device_profiles.backoff import Backoff
from device_profiles.wire import Channel, filter_for, topic_for
from simulators.load.connection import Wire, address_of, reach
from simulators.load.mqtt_wire import (
    CONNACK,
    LARGEST_PACKET_ID,
    PING,
    PUBLISH,
    SUBACK,
    connect_packet,
    publish_packet,
    published,
    subscribe_packet,
)

KEEP_ALIVE_S: Final = 60
ANSWER_S: Final = 10.0

Hear = Callable[[str, bytes], None]


class FeedLink:
    """Publishes at QoS 1 for any gateway; receipts of all of them come in."""

    def __init__(self, url: str, *, username: str, password: str, hear: Hear) -> None:
        self._host, self._port = address_of(url)
        self._username, self._password = username, password
        self._heard = hear
        self._wire: Wire | None = None
        self._up = asyncio.Event()
        self._packet_id = 0

    @property
    def is_up(self) -> bool:
        """Whether the broker hears us."""
        return self._up.is_set()

    def publish(self, gateway: str, channel: Channel, payload: bytes, *, retain: bool = False) -> None:
        """Sends one message, unless there is no session."""
        if self._wire is not None and self.is_up:
            self._packet_id = self._packet_id % (LARGEST_PACKET_ID - 1) + 1
            self._wire.write(publish_packet(topic_for(gateway, channel), payload, self._packet_id, retain=retain))

    async def run(self, backoff: Backoff, anew: Callable[[], None]) -> NoReturn:
        """One session after the other, until cancelled; `anew` is called when one begins."""
        while True:
            with suppress(OSError, TimeoutError):
                await self._session(anew)
            await asyncio.sleep(backoff.next_delay())

    async def _session(self, anew: Callable[[], None]) -> None:
        loop = asyncio.get_running_loop()
        wire = Wire(self._hear)
        try:
            sock = await reach(self._host, self._port)
            async with asyncio.timeout(ANSWER_S):
                await loop.create_connection(lambda: wire, sock=sock)
                self._wire = wire
                name = f"exercise-{secrets.token_hex(4)}"
                greeting = connect_packet(
                    name, username=self._username, password=self._password, keep_alive_s=KEEP_ALIVE_S
                )
                wire.write(greeting)
                await self._up.wait()
            anew()
            while not wire.lost.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(KEEP_ALIVE_S / 2):
                        await wire.lost.wait()
                        return
                wire.write(PING)
        finally:
            self._up.clear()
            self._wire = None
            wire.abort()

    def _hear(self, kind: int, body: bytes) -> None:
        if kind == CONNACK and self._wire is not None:
            self._wire.write(subscribe_packet(filter_for(Channel.RECEIPT)))
        elif kind == SUBACK:
            self._up.set()
        elif kind == PUBLISH:
            self._heard(*published(body))
