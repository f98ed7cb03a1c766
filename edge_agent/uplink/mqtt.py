"""The MQTT session with the centre: birth and will, batches out, receipts and commands in. The one door of aiomqtt."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Literal

import aiomqtt
from aiomqtt.exceptions import MqttConnectError
from msgspec.structs import replace

from device_profiles.wire import Channel, Health, Receipt, State, encode, topic_for
from edge_agent.clockwatch import ClockWatch
from edge_agent.connector import LinkError
from edge_agent.mqtt_client import GatewayClient
from edge_agent.outbox.base import Parcel
from edge_agent.outbox.owner import OutboxOwner
from edge_agent.racing import first_of
from edge_agent.supervisor import TAKEN_OVER, keep_going
from edge_agent.uplink.client import client_for
from edge_agent.uplink.collecting import Collecting
from edge_agent.uplink.commands import Commands, packed
from edge_agent.uplink.faults import OWN_CERTIFICATE, fault_of
from edge_agent.uplink.hearing import channel_of, documents_in
from edge_agent.uplink.lanes import Lanes, lane_of
from edge_agent.uplink.link import Link
from edge_agent.uplink.rival import Rival
from edge_agent.uplink.spending import Spending
from edge_agent.uplink.standing import LinkStanding, Standing

log = logging.getLogger(__name__)

UNACKNOWLEDGED = 8  # publishes without PUBACK: enough for a satellite's round trip, few enough for 16 kbit/s
FAREWELL_S = 1.5
RECEIPTS_AT_ONCE = 100


class Uplink:
    """Carries the outbox to the centre whenever there is a link; the drain is driven by the link, not by new data."""

    def __init__(
        self,
        link: Link,
        *,
        birth: State,
        gateway: str,
        outbox: OutboxOwner,
        commands: Commands,
        health: Callable[[int], Health],
        clock: ClockWatch,
        configurations: Callable[[bytes], None] | None = None,
    ) -> None:
        """`configurations` takes what the centre says this gateway shall be."""
        self._link = link
        self._birth = birth
        self._gateway = gateway
        self._outbox = outbox
        self._commands = commands
        self._health = health
        self._clock = clock
        self._configurations = configurations
        self._papers = link.credential.papers if link.credential else None
        self._lanes = Lanes(receipt_timeout_s=link.receipt_timeout_s)
        self._spending = Spending(link.bytes_per_day, outbox=outbox, clock=clock)
        self._collecting = Collecting()
        self._rival = Rival()
        self._slots = asyncio.Semaphore(UNACKNOWLEDGED)
        self._stop = asyncio.Event()
        self._parted = asyncio.Event()
        self._reborn = asyncio.Event()
        self._born_at = 0
        self._standing = Standing(link)

    @property
    def standing(self) -> LinkStanding:
        """How the link is now."""
        return self._standing.now

    def introduce(self, birth: State) -> None:
        """The gateway is this from now on; a session that lasts hears of it at once."""
        self._birth = birth
        self._reborn.set()

    async def run(self) -> None:
        """Keeps the link up until `stop`."""
        await first_of(
            keep_going("uplink", self._session, lost=self._note_lost, clock=self._clock), self._until_parted()
        )

    def batch_s(self, configured_s: float) -> float:
        """How long readings had best be collected, as the link is."""
        return self._collecting.batch_s(configured_s)

    async def drain(self, *, within_s: float) -> None:
        """Waits until the centre has everything, or the link is down, or the time is over."""
        until = self._clock.monotonic() + within_s
        while self.standing.is_up and self._outbox.counters().backlog_batches and self._clock.monotonic() < until:
            self._outbox.settled.clear()
            await first_of(self._outbox.settled.wait(), self._clock.sleep(until - self._clock.monotonic()))

    def stop(self) -> None:
        """Says farewell when there is a link, and ends `run`."""
        self._stop.set()
        if not self.standing.is_up:
            self._parted.set()

    async def _until_parted(self) -> None:
        await self._stop.wait()
        await first_of(self._parted.wait(), self._clock.sleep(FAREWELL_S))

    async def _session(self) -> None:
        """One connection from birth to death. LinkError when it is lost."""
        if self._papers is not None:
            await self._papers.worth_showing()
        try:
            async with self._connected() as client:
                await self._introduce(client)
                await first_of(
                    self._hear(client),
                    self._send(client),
                    self._report(client),
                    self._tell(client),
                    self._introduce_again(client),
                    self._stop.wait(),
                )
                await self._publish_state(client, "stopped")
                await self._spending.write_down()
            self._parted.set()
        except aiomqtt.MqttError as error:
            if self.standing.is_up:
                self._rival.lost(self._clock.monotonic())
            fault = _fault_of(error)
            if self._papers is not None and fault in OWN_CERTIFICATE:
                self._papers.refused(fault)
            raise LinkError(fault, str(error)) from error
        finally:
            self._standing.parted(self._clock.monotonic())

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[GatewayClient]:
        will = self._state_of("lost")
        message = aiomqtt.Will(self._topic(Channel.STATE), encode(will), qos=1, retain=True)
        with_dates = not self._clock.is_behind
        client = client_for(self._link, self._gateway, message, with_dates=with_dates, inflight=4 * UNACKNOWLEDGED)
        async with client:
            yield client

    async def _introduce(self, client: GatewayClient) -> None:
        """Subscribes before it speaks, so that no receipt is missed; then the birth, then the lanes begin anew."""
        suspected = self._rival.suspected(self._clock.monotonic())
        heard = (Channel.RECEIPT, Channel.COMMAND, Channel.CONFIGURATION, *([Channel.STATE] if suspected else []))
        for channel in heard:
            await client.subscribe(self._topic(channel), qos=1)
        self._reborn.clear()
        self._born_at = self._clock.now_ms()
        await self._publish_state(client, "online")
        self._lanes.begin(next_sequence=self._outbox.counters().next_sequence, now=self._clock.monotonic())
        if self._papers is not None:
            self._papers.accepted()
        self._standing.up(self._clock.monotonic(), backlog=self._outbox.counters().backlog_readings)

    async def _introduce_again(self, client: GatewayClient) -> None:
        """The gateway became another while the link stood: the same session, a birth more."""
        while True:
            await self._reborn.wait()
            self._reborn.clear()
            await self._publish_state(client, "online")

    async def _hear(self, client: GatewayClient) -> None:
        receipts: list[Receipt] = []
        async for message in client.messages:
            channel = channel_of(str(message.topic))
            payload = message.payload if isinstance(message.payload, bytes) else b""
            if channel is Channel.COMMAND:
                self._commands.take(payload, retained=bool(message.retain))
            elif channel is Channel.CONFIGURATION and self._configurations is not None:
                self._configurations(payload)
            elif channel is Channel.RECEIPT:
                receipts += documents_in(payload, Receipt)
            elif channel is Channel.STATE and any(
                self._rival.is_rival(each.since) for each in documents_in(payload, State)
            ):
                raise LinkError(TAKEN_OVER, "another gateway uses this one's name")
            if receipts and (len(client.messages) == 0 or len(receipts) >= RECEIPTS_AT_ONCE):
                await self._settle(receipts)
                receipts = []

    async def _settle(self, receipts: list[Receipt]) -> None:
        self._standing.heard(len(receipts))
        epoch = self._outbox.counters().epoch
        for receipt in receipts:
            for refused in receipt.refused:
                log.warning("batch refused", extra={"sequence": refused.sequence, "reason": refused.reason})
            if receipt.epoch == epoch:
                self._lanes.receipt(receipt, now=self._clock.monotonic())
        await self._outbox.settle(receipts)

    async def _send(self, client: GatewayClient) -> None:
        async with asyncio.TaskGroup() as publishes:
            while True:
                self._outbox.news.clear()
                if not await self._send_wave(client, publishes):
                    wait_s = self._lanes.next_look_s(now=self._clock.monotonic())
                    await first_of(self._outbox.news.wait(), self._clock.sleep(wait_s))

    async def _send_wave(self, client: GatewayClient, publishes: asyncio.TaskGroup) -> int:
        """What each lane may send now; says how many batches it looked at, so that 0 means: nothing more for now."""
        looked = 0
        next_sequence = self._outbox.counters().next_sequence
        if self._outbox.dated.is_set():
            self._outbox.dated.clear()
            self._lanes.rewind(next_sequence=next_sequence)
        self._lanes.close(self._spending.closed())
        for wish in self._lanes.wishes(next_sequence=next_sequence, now=self._clock.monotonic()):
            found = await self._outbox.peek(wish.priority, after=wish.after, before=wish.before, limit=wish.limit)
            for parcel in self._lanes.fresh(wish, found):
                await self._publish(client, publishes, parcel, wish.channel)
            looked += self._lanes.moved(wish)
        again = self._lanes.again(now=self._clock.monotonic())
        kept = {parcel.sequence: parcel for parcel in await self._outbox.fetch(again)} if again else {}
        for sequence in again:
            if sequence in kept:
                await self._publish(client, publishes, kept[sequence], lane_of(kept[sequence].priority))
                looked += 1
            else:
                self._lanes.forget(sequence)
        return looked

    async def _publish(
        self, client: GatewayClient, publishes: asyncio.TaskGroup, parcel: Parcel, channel: Channel
    ) -> None:
        await self._slots.acquire()
        self._lanes.sent(parcel, channel, now=self._clock.monotonic())
        self._spending.spend(parcel.payload)
        under_way = publishes.create_task(self._until_acknowledged(client, parcel, channel))
        # not in a `finally` of its own: a task that is cancelled before its first step never comes to one
        under_way.add_done_callback(lambda _: self._slots.release())

    async def _until_acknowledged(self, client: GatewayClient, parcel: Parcel, channel: Channel) -> None:
        """The PUBACK frees the slot and nothing else; when it does not come in time the link is half open."""
        began = self._clock.monotonic()
        await client.publish(self._topic(channel), parcel.payload, qos=1)
        self._collecting.acknowledged(self._clock.monotonic() - began)

    async def _report(self, client: GatewayClient) -> None:
        while True:
            document = self._health(max(0, self.standing.sessions - 1))
            payload = encode(document)
            await client.publish(self._topic(Channel.HEALTH), payload, qos=0, retain=True)
            self._spending.spend(payload)
            await self._spending.write_down()
            await self._clock.sleep(self._link.health_period_s)

    async def _tell(self, client: GatewayClient) -> None:
        """Publishes results; one that found no PUBACK is published again in the next session."""
        while True:
            self._commands.news.clear()
            while self._commands.results:
                await client.publish(self._topic(Channel.RESULT), packed(self._commands.results[0]), qos=1)
                self._commands.results.popleft()
            await self._commands.news.wait()

    async def _publish_state(self, client: GatewayClient, state: Literal["online", "stopped"]) -> None:
        document = self._state_of(state)
        patience_s = FAREWELL_S if state == "stopped" else self._link.keep_alive_s
        await client.publish(self._topic(Channel.STATE), encode(document), qos=1, retain=True, timeout=patience_s)

    def _state_of(self, state: Literal["online", "stopped", "lost"]) -> State:
        since = self._born_at if state == "online" else self._clock.now_ms()
        self._rival.said(since)
        return replace(self._birth, state=state, since=since)

    def _topic(self, channel: Channel) -> str:
        return topic_for(self._gateway, channel)

    def _note_lost(self, fault: str) -> None:
        if not self._stop.is_set():
            self._standing.lost(fault, self._clock.monotonic())


def _fault_of(error: aiomqtt.MqttError) -> str:
    answer = getattr(error.rc, "value", 0) if isinstance(error, MqttConnectError) else None
    return fault_of(str(error), answer=answer)
