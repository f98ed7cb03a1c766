"""Who works during a soak: gauges that push, a reader of the live feed and of charts, an ear at the broker."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiomqtt
import httpx

from device_profiles.wire import Batch, Channel, Receipt, decode, filter_for, parse_topic
from tests.servers import HOST
from tests.soak.stage import GATEWAYS, KEY, POINT, PULSE, QUIET, RAISED, documents

PUSH_EVERY_S = 0.1
DOCUMENTS = 5  # x 10 gauges x 10 pushes a second = 500 readings a second
PULSE_EVERY_S = 5.0
ASK_EVERY_S = 1.0
PATIENCE_S = 30.0

Latencies = list[tuple[float, float]]  # when it was measured (monotonic), seconds


@dataclass
class Load:
    """The work, and how long its answers took."""

    centre: str
    token: str
    ports: dict[str, int]
    readings: int = 0
    raised_at: float = 0.0
    latencies: dict[str, Latencies] = field(
        default_factory=lambda: {"push": [], "receipt": [], "live": [], "alarm": [], "api": []}
    )

    async def push(self, gateway: str, device: str) -> None:
        """One gauge, for ever."""
        async with httpx.AsyncClient(timeout=PATIENCE_S, trust_env=False) as client:
            newest = _now_ms()
            while True:
                began = time.monotonic()
                times = range(
                    max(newest + 1, _now_ms() - DOCUMENTS), max(newest + 1, _now_ms() - DOCUMENTS) + DOCUMENTS
                )
                newest = times[-1]
                await self._pushed(client, gateway, device, documents(device, times, newest % 300 / 10))
                self.readings += DOCUMENTS
                await asyncio.sleep(max(0.0, PUSH_EVERY_S - (time.monotonic() - began)))

    async def pulse(self) -> None:
        """Raises an alarm and lets it clear, by turns."""
        async with httpx.AsyncClient(timeout=PATIENCE_S, trust_env=False) as client:
            while True:
                for value in (RAISED, QUIET):
                    now = _now_ms()
                    self.raised_at = time.monotonic() if value == RAISED else 0.0
                    await self._pushed(client, GATEWAYS[0], PULSE, documents(PULSE, range(now, now + 1), value))
                    self.readings += 1
                    await asyncio.sleep(PULSE_EVERY_S)

    async def watch(self) -> None:
        """Reads the live feed: how old is a reading, how long after the push does the alarm come."""
        async with (
            httpx.AsyncClient(timeout=PATIENCE_S, trust_env=False, headers=self._headers) as client,
            client.stream("GET", f"{self.centre}/api/v1/live?kinds=reading,alarm") as answer,
        ):
            async for kind, body in _events(answer):
                now = time.monotonic()
                if kind == "reading" and body["device"] == PULSE:
                    self.latencies["live"].append((now, (time.time_ns() / 1e6 - float(str(body["observed_at"]))) / 1e3))
                elif kind == "alarm" and self.raised_at:
                    self.latencies["alarm"].append((now, now - self.raised_at))
                    self.raised_at = 0.0

    async def ask(self) -> None:
        """Opens charts."""
        query = {"gateway": GATEWAYS[0], "device": f"{GATEWAYS[0]}-gauge-0", "point": POINT}
        async with httpx.AsyncClient(timeout=PATIENCE_S, trust_env=False, headers=self._headers) as client:
            while True:
                began = time.monotonic()
                answer = await client.get(f"{self.centre}/api/v1/series", params=query)
                self.latencies["api"].append((began, time.monotonic() - began))
                assert answer.status_code in (200, 404), answer.text
                await asyncio.sleep(ASK_EVERY_S)

    async def overhear(self, port: int) -> None:
        """Batches and their receipts as the broker sees them."""
        sent: dict[tuple[str, str, int], float] = {}
        async with aiomqtt.Client(HOST, port, identifier="soak-ear") as client:
            for channel in (Channel.READINGS, Channel.RECEIPT):
                await client.subscribe(filter_for(channel), qos=0)
            async for message in client.messages:
                address, now = parse_topic(str(message.topic)), time.monotonic()
                payload = message.payload if isinstance(message.payload, bytes) else b""
                if address.channel is Channel.READINGS:
                    batch = decode(payload, Batch)
                    sent[address.gateway, batch.epoch, batch.sequence] = now
                else:
                    self._receipted(sent, address.gateway, decode(payload, Receipt), now)

    def _receipted(self, sent: dict[tuple[str, str, int], float], gateway: str, receipt: Receipt, now: float) -> None:
        for first, last in receipt.committed:
            for sequence in range(first, last + 1):
                at = sent.pop((gateway, receipt.epoch, sequence), None)
                if at is not None:
                    self.latencies["receipt"].append((now, now - at))

    async def _pushed(self, client: httpx.AsyncClient, gateway: str, device: str, body: bytes) -> None:
        began = time.monotonic()
        url, headers = f"http://{HOST}:{self.ports[gateway]}/push/{device}", {"Authorization": f"Bearer {KEY}"}
        answer = await client.post(url, content=body, headers=headers)
        assert answer.status_code == httpx.codes.ACCEPTED, answer.text
        self.latencies["push"].append((began, time.monotonic() - began))

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


async def _events(answer: httpx.Response) -> AsyncIterator[tuple[str, dict[str, object]]]:
    kind = ""
    async for line in answer.aiter_lines():
        name, _, rest = line.partition(": ")
        if name == "event":
            kind = rest
        elif name == "data":
            yield kind, json.loads(rest)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
