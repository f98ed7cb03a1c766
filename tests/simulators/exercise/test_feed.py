"""The virtual gateways of an exercise: what they owe, what is thrown in, and how fast the story may run."""

from __future__ import annotations

from pathlib import Path

import pytest

from device_profiles.clock import ScaledClock
from device_profiles.exercise_plan import Injection, inject
from device_profiles.load import Catalogue, load_catalogue
from device_profiles.wire import Batch, Channel, Receipt, State, decode, encode, size_of, topic_for
from simulators.encoding import Value
from simulators.exercise.feed import STEP_MS, TURNS, Feed
from simulators.exercise.governor import Governor
from simulators.exercise.thrown_in import is_cut, said
from simulators.exercise.virtual import VirtualGateway
from simulators.province.fleet import gateways
from simulators.province.province import Province
from simulators.scenarios.scenario import read_scenario
from tests.fakes import ManualClock

GATEWAY, DEVICE = "gw-tram-yen-bai", "song-thao-yen-bai"
HOUR_MS = 3_600_000


class Broker:
    """A link that remembers, and gives receipts when it is asked to."""

    def __init__(self, gateway: str | None = GATEWAY) -> None:
        self.is_up = True
        self._gateway = gateway
        self.sent: list[tuple[Channel, bytes]] = []

    def publish(self, gateway: str, channel: Channel, payload: bytes, *, retain: bool = False) -> None:
        """Remembers it."""
        assert self._gateway in (None, gateway)
        assert retain is (channel in (Channel.STATE, Channel.HEALTH))
        self.sent.append((channel, payload))

    def batches(self, channel: Channel) -> list[Batch]:
        """What came on a channel."""
        return [decode(payload, Batch) for sent_on, payload in self.sent if sent_on is channel]


Stage = tuple[Feed, Broker, ManualClock]


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """The packaged models."""
    return load_catalogue()


@pytest.fixture
def stage(tmp_path: Path, catalogue: Catalogue) -> Stage:
    """One gauge of a quiet day, at ten minutes a second."""
    province, machine = Province(read_scenario("quiet_day")), ManualClock()
    clock = ScaledClock(province.begin_ms, 600.0, machine=machine)
    return Feed(province, catalogue, [(GATEWAY, gateways()[GATEWAY])], clock=clock, folder=tmp_path), Broker(), machine


async def play(feed: Feed, broker: Broker, machine: ManualClock, seconds: float) -> None:
    """So many real seconds of it."""
    for number in range(round(seconds * 10)):
        await machine.advance(0.1)
        feed.turn(broker, number % TURNS)


async def test_every_reading_is_numbered_dated_and_owed_until_its_receipt(
    stage: tuple[Feed, Broker, ManualClock],
) -> None:
    feed, broker, machine = stage
    await play(feed, broker, machine, 12)
    batches = broker.batches(Channel.READINGS)
    assert decode(broker.sent[0][1], State).state == "online"
    assert [batch.sequence for batch in batches] == list(range(1, len(batches) + 1))
    assert [batch.base for batch in batches] == [sum(map(size_of, batches[:index])) for index in range(len(batches))]
    told = 12 * 600_000 + 240_000
    assert sum(len(batch.devices[0].times) for batch in batches) in (told // 600_000, told // 600_000 + 1)
    gateway = feed.gateways[GATEWAY]
    assert len(gateway.owed) == len(batches)
    receipt = Receipt(1, gateway.epoch, committed=[(1, len(batches) - 1)])
    feed.hear(topic_for(GATEWAY, Channel.RECEIPT), encode(receipt))
    assert list(gateway.owed) == [len(batches)]


async def test_after_a_blink_of_the_machine_the_gateways_catch_up_together(
    tmp_path: Path, catalogue: Catalogue
) -> None:
    province, machine = Province(read_scenario("quiet_day")), ManualClock()
    clock = ScaledClock(province.begin_ms, 600.0, machine=machine)
    feed = Feed(province, catalogue, list(gateways().items())[:8], clock=clock, folder=tmp_path)
    link = Broker(None)
    await play(feed, link, machine, 2)
    await machine.advance(10)
    for number in range(200):
        feed.turn(link, number % TURNS)
        reached = [gateway.sampled_to for gateway in feed.gateways.values()]
        assert max(reached) - min(reached) <= 300_000, "who is ahead makes the others look silent"
    assert set(reached) == {clock.now_ms() + 240_000}


async def test_a_lost_link_keeps_readings_until_it_is_back(
    stage: tuple[Feed, Broker, ManualClock], tmp_path: Path
) -> None:
    feed, broker, machine = stage
    await play(feed, broker, machine, 1)
    begin = round(feed.gateways[GATEWAY].sampled_to - 240_000)
    inject(tmp_path, Injection(gateway=GATEWAY, fault="link_lost", begin=begin, end=begin + HOUR_MS))
    feed.look()
    broker.sent.clear()
    await play(feed, broker, machine, 4)
    assert [channel for channel, _ in broker.sent] == [Channel.STATE]
    assert decode(broker.sent[0][1], State).state == "lost"
    kept = len(feed.gateways[GATEWAY].owed)
    await play(feed, broker, machine, 4)
    assert len(broker.batches(Channel.BACKLOG)) >= kept > 1


def test_what_is_thrown_in_changes_one_device_for_its_time() -> None:
    def says(at: int) -> dict[str, Value]:
        return {"level_m": 20.0 + at / HOUR_MS, "door": False}

    def told(fault: str, at: int, device: str = DEVICE) -> dict[str, Value]:
        thrown = [
            Injection.model_validate(
                {"gateway": GATEWAY, "device": DEVICE, "fault": fault, "begin": HOUR_MS, "end": 3 * HOUR_MS}
            )
        ]
        return dict(said(thrown, (GATEWAY, device), at, says, period_ms=STEP_MS))

    assert told("silent", 2 * HOUR_MS) == {}
    assert told("stuck", 2 * HOUR_MS) == says(HOUR_MS)
    assert told("drift", 2 * HOUR_MS) == {"level_m": 22.0 * 1.02, "door": False}
    assert max(float(told("spike", 2 * HOUR_MS + step * STEP_MS)["level_m"]) for step in range(7)) > 200
    for at, device in ((0, DEVICE), (3 * HOUR_MS, DEVICE), (2 * HOUR_MS, "another")):
        assert told("silent", at, device) == says(at)
    cut = [Injection(gateway=GATEWAY, fault="link_lost", begin=0, end=HOUR_MS)]
    assert (is_cut(cut, GATEWAY, 1), is_cut(cut, GATEWAY, HOUR_MS), is_cut(cut, "gw-other", 1)) == (True, False, False)


def test_the_story_waits_for_a_slow_centre_and_the_trainer_is_always_right() -> None:
    governor = Governor(600.0, 600.0)
    slow = governor.next(2.0)
    assert slow == Governor(600.0, 360.0)
    assert slow.next(0.6) == slow
    assert slow.next(0.1).speed > 360.0
    assert Governor(600.0, 500.0).next(0.0).speed == 600.0
    for _ in range(50):
        slow = slow.next(1000.0)
    assert slow.speed == 10.0
    assert slow.heard(60.0) == Governor(60.0, 60.0)
    assert slow.heard(0.0).next(1000.0).speed == 0.0


def test_devices_of_one_model_at_one_site_are_told_apart_by_name(catalogue: Catalogue) -> None:
    name = next(name for name in gateways() if name.startswith("gw-suon-doc"))
    for gateway in (name, GATEWAY):
        devices = gateways()[gateway]
        born = decode(VirtualGateway(gateway, "1", devices).birth(catalogue, 1), State)
        names = [each.name_vi for each in born.devices]
        assert len(set(zip((each.profile for each in born.devices), names, strict=True))) == len(devices), names
