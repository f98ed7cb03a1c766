"""Drain slots: never more than so many at a time, nobody waits for nothing, everybody gets a turn."""

from __future__ import annotations

import heapq
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.ingest.drain_slots import DrainConfig, DrainSlots
from device_profiles.wire import Channel, Receipt

CONFIG = DrainConfig(slots=3, idle_s=2, turn_s=10, wait_s=4)
RECEIPT = Receipt(v=1, epoch="0" * 16, committed=[(1, 1)])


def slots(config: DrainConfig = CONFIG) -> DrainSlots:
    return DrainSlots(config, dice=random.Random(1))


def test_the_fourth_is_asked_to_wait_and_comes_first_when_one_has_gone() -> None:
    drains = slots()
    assert [drains.wait_s(gateway, 0.0) for gateway in "abc"] == [0.0, 0.0, 0.0]
    assert 2.0 <= drains.wait_s("d", 0.0) <= 6.0
    assert drains.wait_s("a", 1.5) == 0.0
    assert drains.wait_s("b", 1.5) == 0.0
    assert drains.wait_s("e", 2.5) > 0  # c has gone, but d stands before e
    assert drains.wait_s("d", 3.0) == 0.0
    assert (drains.draining, drains.waiting) == (3, 1)


def test_a_turn_ends_only_when_somebody_waits() -> None:
    drains = slots()
    for second in range(30):
        assert [drains.wait_s(gateway, float(second)) for gateway in "abc"] == [0.0, 0.0, 0.0]
    drains.wait_s("d", 29.5)
    assert drains.wait_s("a", 30.0) > 0
    assert drains.wait_s("d", 31.0) == 0.0


def test_who_does_not_come_back_loses_the_place() -> None:
    drains = slots(DrainConfig(slots=1, idle_s=2, turn_s=10, wait_s=4))
    drains.wait_s("a", 0.0)
    drains.wait_s("gone", 0.0)
    assert drains.wait_s("b", 10.0) == 0.0
    assert drains.waiting == 0


def test_only_backlog_is_asked_to_wait() -> None:
    drains = slots()
    for gateway in "abc":
        drains.wait_s(gateway, 0.0)
    assert drains.asked(RECEIPT, "d", [Channel.READINGS, Channel.EVENTS], 0.0) is RECEIPT
    asked = drains.asked(RECEIPT, "d", [Channel.READINGS, Channel.BACKLOG], 0.0)
    assert asked.backlog_wait_s > 0
    assert asked.committed == RECEIPT.committed
    assert drains.asked(RECEIPT, "a", [Channel.BACKLOG], 0.0) is RECEIPT


@settings(max_examples=30)
@given(st.integers(1, 4), st.lists(st.integers(1, 60), min_size=1, max_size=20), st.randoms())
def test_every_backlog_drains_and_never_too_many_at_a_time(most: int, batches: list[int], dice: random.Random) -> None:
    """Gateways send a batch every half second while they may, and none while they were asked to wait."""
    drains = DrainSlots(DrainConfig(slots=most, idle_s=2, turn_s=5, wait_s=3), dice=dice)
    left = dict(enumerate(batches))
    going: dict[int, float] = {}
    queue = [(dice.random(), gateway) for gateway in left]
    heapq.heapify(queue)
    while queue:
        now, gateway = heapq.heappop(queue)
        left[gateway] -= 1
        wait_s = drains.wait_s(str(gateway), now)
        assert drains.draining <= most
        going[gateway] = now
        if wait_s:
            del going[gateway]
        assert len([at for at in going.values() if now - at < 0.6]) <= most
        if left[gateway]:
            heapq.heappush(queue, (now + (wait_s or 0.5), gateway))
        assert now < 30 * sum(batches) / most + 60, "somebody starves"
    assert not any(left.values())
