"""The syslog connector: one listener per device, which reports what its lines add up to."""

from __future__ import annotations

import asyncio
from ipaddress import ip_network

from device_profiles.clock import Clock
from edge_agent.connector import Deliver, LinkError
from edge_agent.connectors.syslog.config import SyslogConnection
from edge_agent.connectors.syslog.door import Address, Door, Ear
from edge_agent.connectors.syslog.tally import SILENT, Tally
from edge_agent.device import Device, Wires
from edge_agent.racing import first_of


class LogListener:
    """Hears one device. Its counts go on when a session ends, its door stays open for the others."""

    def __init__(self, device: Device, connection: SyslogConnection, *, wires: Wires, clock: Clock) -> None:
        self._connection = connection
        self._period_s = device.period_s
        self._wires = wires
        self._clock = clock
        self._tally = Tally(device.id, connection, device.profile)
        senders = tuple(ip_network(text) for text in connection.senders)
        self._ear = Ear(senders, connection.hostname, self._take)
        self._began_s: float | None = None
        self._returned = False  # it was silent, and is not any more: that is worth a report
        self._news = asyncio.Event()
        self._door: Door | None = None

    @property
    def port(self) -> int:
        """The port that is listened on, as far as it is open."""
        return self._door.port if self._door else self._connection.port

    async def listen(self, deliver: Deliver) -> None:
        """Reports each period, events at once; LinkError when the device is silent or the door cannot be had."""
        address = _address(self._connection)
        self._door = door = self._wires.setdefault(("syslog", address), Door(address))
        lingering = False
        try:
            await door.enter(self._ear)
            await self._report(door, deliver)
        except LinkError:
            lingering = True  # whoever is silent may speak while the supervisor waits
            raise
        finally:
            door.leave(self._ear, lingering=lingering)

    async def _report(self, door: Door, deliver: Deliver) -> None:
        now_s = self._clock.monotonic()
        self._began_s = now_s if self._began_s is None else self._began_s
        due_s = now_s + self._period_s
        while True:
            await self._until(due_s, door)
            now_s, now_ms = self._clock.monotonic(), self._clock.now_ms()
            if now_s < due_s and not self._returned:
                if news := self._tally.news(now_ms=now_ms):
                    await deliver(news)
                continue
            due_s, self._returned = now_s + self._period_s, False
            silent = self._tally.is_silent(now_s)
            if silent and now_s - self._began_s < self._connection.silent_s:
                continue  # not long enough there to say that nobody speaks
            await deliver(self._tally.report(now_s=now_s, now_ms=now_ms))
            if silent:
                raise LinkError(SILENT, f"no line for {self._connection.silent_s:g} s")

    async def _until(self, due_s: float, door: Door) -> None:
        left_s = max(0.0, due_s - self._clock.monotonic())
        await first_of(self._clock.sleep(left_s), self._news.wait(), door.lost())
        self._news.clear()

    def _take(self, data: bytes) -> None:
        now_s = self._clock.monotonic()
        if self._tally.is_silent(now_s):
            self._returned = True
            self._news.set()
        self._tally.take(data, now_s=now_s, now_ms=self._clock.now_ms())
        if self._tally.has_news:
            self._news.set()


def _address(connection: SyslogConnection) -> Address:
    return Address(
        connection.transport,
        connection.host,
        connection.port,
        connection.certificate_file,
        connection.key_file,
        connection.authorities_file,
    )
