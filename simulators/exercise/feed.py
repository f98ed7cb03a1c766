"""Feeds an exercise: the province's virtual gateways, over one link to the broker, in the story's time.

```
 Province.values ─▶ what was thrown in ─▶ batches, owed ─▶ one MQTT session for all gateways ─▶ receipts
                                                    └ oldest without a receipt ─▶ governor ─▶ pace of the story
```
Readings are sent up to `LEAD_MS` of the story before their moment: on a fast story the way to the centre takes minutes.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol
from zlib import crc32

from device_profiles.backoff import Backoff
from device_profiles.clock import ScaledClock, SystemClock
from device_profiles.exercise import set_speed
from device_profiles.exercise_plan import Injection, read_injections
from device_profiles.load import Catalogue
from device_profiles.wire import Channel, Receipt, WireError, decode, parse_topic
from simulators.encoding import Value
from simulators.exercise.governor import Governor
from simulators.exercise.link import FeedLink
from simulators.exercise.reporting import Reporter
from simulators.exercise.thrown_in import is_cut, said
from simulators.exercise.virtual import Sample, VirtualGateway
from simulators.province.fleet import PlacedDevice
from simulators.province.province import Province

TURN_S = 0.15  # real seconds between two turns; every gateway has its turn each four
TURNS = 4
LEAD_MS = 240_000  # the centre refuses what is more than five minutes ahead of it
IN_STEP_MS = 300_000  # nobody gets further ahead of the slowest: after a blink of the machine all catch up together
STEP_MS = 300_000  # devices are read at most so often: the centre has better things to do than a fast story
MOST_SAMPLES = 12  # of one device in one turn; what is beyond comes with the next
QUICK_S = 60.0  # what is read so often may be missed after ten minutes: its gateway says so often that it answers
QUICK_HEALTH_MS, HEALTH_MS = 240_000, 900_000
RESEND_S = 15.0
GOVERN_S = 0.5
DOUBTED_MS = 45_000  # a device whose clock differs more is not believed: with the lead it would be too far ahead
FLUSH_S = 60.0

_MACHINE = SystemClock()


class Link(Protocol):
    """The way to the broker."""

    @property
    def is_up(self) -> bool:
        """Whether the broker hears us."""

    def publish(self, gateway: str, channel: Channel, payload: bytes, *, retain: bool = False) -> None:
        """Sends one message; one that is lost is sent again for want of a receipt."""


class Feed:
    """The virtual gateways of one exercise."""

    def __init__(
        self,
        province: Province,
        catalogue: Catalogue,
        gateways: Iterable[tuple[str, Sequence[PlacedDevice]]],
        *,
        clock: ScaledClock,
        folder: Path,
        step_ms: int = STEP_MS,
    ) -> None:
        self._province = province
        self._catalogue = catalogue
        self._clock = clock
        self._folder = folder
        self._step_ms = step_ms
        self._thrown_in: Sequence[Injection] = ()
        self._on_way: dict[tuple[str, int], float] = {}
        epoch = secrets.token_hex(8)
        begin = province.begin_ms
        self.gateways = {
            name: VirtualGateway(name, epoch, devices, sampled_to=begin - 1, healthy_at=begin)
            for name, devices in gateways
        }
        self._reporters = {
            device.id: Reporter(catalogue[device.profile])
            for gateway in self.gateways.values()
            for device in gateway.devices
        }
        self._health_ms = {
            name: QUICK_HEALTH_MS
            if any(catalogue[device.profile].period_s <= QUICK_S for device in gateway.devices)
            else HEALTH_MS
            for name, gateway in self.gateways.items()
        }
        self._cycle_s = 0.0

    @property
    def lag_s(self) -> float:
        """Real seconds: how long the oldest batch waits, a round of turns takes, or the slowest gateway is behind."""
        waits_s = _MACHINE.monotonic() - next(iter(self._on_way.values())) if self._on_way else 0.0
        behind_s = self._behind_ms() / 1000 / self._clock.speed if self._clock.speed > 0 else 0.0
        return max(waits_s, self._cycle_s, behind_s - TURN_S * TURNS)

    def _behind_ms(self) -> int:
        """How much of the story the slowest gateway has still to say."""
        slowest = min(gateway.sampled_to for gateway in self.gateways.values())
        return max(0, min(self._clock.now_ms() + LEAD_MS, self._province.end_ms) - slowest)

    async def run(self, url: str, *, username: str, password: str) -> None:
        """Feeds until the story is over and everything has its receipt, or until that lasts too long."""
        link = FeedLink(url, username=username, password=password, hear=self.hear)
        async with asyncio.TaskGroup() as group:
            keeping = group.create_task(link.run(Backoff(base_s=0.5, cap_s=5.0), self._begin_session))
            governing = group.create_task(self._govern())
            await self._play(link)
            governing.cancel()
            keeping.cancel()

    async def _play(self, link: Link) -> None:
        turn = 0
        while self._clock.now_ms() < self._province.end_ms:
            began = _MACHINE.monotonic()
            self.look()
            self.turn(link, turn % TURNS)
            turn += 1
            spent_s = _MACHINE.monotonic() - began
            self._cycle_s = spent_s * TURNS if spent_s > TURN_S else 0.0
            await asyncio.sleep(max(0.0, TURN_S - spent_s) if self._behind_ms() <= IN_STEP_MS else 0)
        while self._behind_ms():
            self.turn(link, turn % TURNS)
            turn += 1
            await asyncio.sleep(0)
        with suppress(TimeoutError):
            async with asyncio.timeout(FLUSH_S):
                while self._on_way:
                    self._send_again(link)
                    await asyncio.sleep(TURN_S)

    def warm_up(self) -> None:
        """Rivers and slopes are worked out once for the whole story, before it begins to run."""
        for gateway in self.gateways.values():
            for device in gateway.devices:
                self._province.values(device.id, self._province.end_ms)

    def look(self) -> None:
        """Reads what the trainer has thrown in by now."""
        self._thrown_in = read_injections(self._folder)

    def turn(self, link: Link, number: int) -> None:
        """One turn for a quarter of the gateways: what their devices said meanwhile goes on its way."""
        now, end = self._clock.now_ms(), self._province.end_ms
        until = min(now + LEAD_MS, end) if self._clock.speed > 0 or now >= end else now
        until = min(until, min(gateway.sampled_to for gateway in self.gateways.values()) + IN_STEP_MS)
        for gateway in list(self.gateways.values())[number::TURNS]:
            self._keep_link(gateway, link, now)
            sequence = gateway.take(self._said(gateway, max(until, gateway.sampled_to)), self._catalogue)
            if sequence is not None and gateway.is_up:
                self._send(gateway, sequence, Channel.READINGS, link)
            if gateway.is_up and now - gateway.healthy_at >= self._health_ms[gateway.id]:
                link.publish(gateway.id, Channel.HEALTH, gateway.health(now), retain=True)
        if number == 0:
            self._send_again(link)

    def hear(self, topic: str, payload: bytes) -> None:
        """A receipt came."""
        with suppress(WireError):
            gateway = self.gateways.get(parse_topic(topic).gateway)
            if gateway is None:
                return
            receipt = decode(payload, Receipt)
            refused = [(each.sequence, each.sequence) for each in receipt.refused]
            for sequence in gateway.settle([*receipt.committed, *refused]):
                self._on_way.pop((gateway.id, sequence), None)

    def _begin_session(self) -> None:
        """Everybody is born anew when the broker has us again."""
        for gateway in self.gateways.values():
            gateway.is_up = False

    def _keep_link(self, gateway: VirtualGateway, link: Link, now: int) -> None:
        there = link.is_up and self._province.link(gateway.id, now) and not is_cut(self._thrown_in, gateway.id, now)
        if there and not gateway.is_up:
            gateway.is_up = True
            link.publish(gateway.id, Channel.STATE, gateway.birth(self._catalogue, now), retain=True)
            link.publish(gateway.id, Channel.HEALTH, gateway.health(now), retain=True)
            for sequence in gateway.owed:
                self._send(gateway, sequence, Channel.BACKLOG, link)
        elif not there and gateway.is_up:
            gateway.is_up = False
            for sequence in gateway.owed:
                self._on_way.pop((gateway.id, sequence), None)
            link.publish(gateway.id, Channel.STATE, gateway.lost(now), retain=True)

    def _said(self, gateway: VirtualGateway, until: int) -> list[tuple[PlacedDevice, list[Sample]]]:
        """What the devices of a gateway said since its last turn."""
        first, gateway.sampled_to = gateway.sampled_to + 1, until
        return [(device, list(self._samples(device, first, until))) for device in gateway.devices]

    def _samples(self, device: PlacedDevice, first: int, until: int) -> Iterator[Sample]:
        period = self._period_ms(device)
        phase = crc32(device.id.encode()) % period
        moments = range(first + (phase - first) % period, until + 1, period)
        for at in moments[-MOST_SAMPLES:]:
            values = said(
                self._thrown_in,
                (device.gateway, device.id),
                at,
                lambda moment: self._province.values(device.id, moment),
                period_ms=period,
            )
            if values:
                yield self._reported(device, at, values)

    def _reported(self, device: PlacedDevice, at: int, values: Mapping[str, Value]) -> Sample:
        quality = self._province.quality(device.id, at)
        return self._dated(
            device, at, Sample(at, self._reporters[device.id].worth_sending(at, values, quality), quality)
        )

    def _dated(self, device: PlacedDevice, at: int, sample: Sample) -> Sample:
        """A gateway does not believe a device whose clock is far off: its own time counts, in doubt."""
        told = self._province.observed_at(device.id, at)
        if told == at:
            return sample
        if abs(told - at) <= DOUBTED_MS:
            return Sample(told, sample.values, sample.quality)
        doubted = dict.fromkeys(sample.values, "uncertain:clock")
        return Sample(at, sample.values, {**doubted, **sample.quality})

    def _period_ms(self, device: PlacedDevice) -> int:
        """As its profile says, and not more often than the exercise asks for."""
        own = round(self._catalogue[device.profile].period_s * 1000)
        return max(own, self._step_ms)

    def _send(self, gateway: VirtualGateway, sequence: int, channel: Channel, link: Link) -> None:
        link.publish(gateway.id, channel, gateway.owed[sequence])
        self._on_way.pop((gateway.id, sequence), None)
        self._on_way[gateway.id, sequence] = _MACHINE.monotonic()

    def _send_again(self, link: Link) -> None:
        """What has had no receipt for too long, the oldest first."""
        late = _MACHINE.monotonic() - RESEND_S
        for (name, sequence), sent_at in list(self._on_way.items()):
            if sent_at > late:
                return
            gateway = self.gateways[name]
            if gateway.is_up and sequence in gateway.owed:
                self._send(gateway, sequence, Channel.BACKLOG, link)

    async def _govern(self) -> None:
        """Lets the story run slower while the centre cannot follow."""
        governor = Governor(self._clock.speed, self._clock.speed)
        while True:
            await asyncio.sleep(GOVERN_S)
            governor = governor.heard(self._clock.speed)
            after = governor.next(self.lag_s)
            if after.speed != governor.speed:
                end_s = (self._province.end_ms - self._clock.begin_ms) / 1000
                set_speed(self._folder, after.speed, end_s=end_s)
                await asyncio.sleep(GOVERN_S)
                governor = after


def without(
    gateways: Iterable[tuple[str, Sequence[PlacedDevice]]], real: Collection[str]
) -> list[tuple[str, Sequence[PlacedDevice]]]:
    """The gateways that no agent plays."""
    return [(name, devices) for name, devices in gateways if name not in real]
