"""The bytes of a day: the backlog stops first, then new readings; events always go; midnight in Vietnam opens again."""

from __future__ import annotations

from pathlib import Path

from device_profiles.wire import Channel
from edge_agent.outbox.base import Priority
from edge_agent.outbox.opening import open_outbox
from edge_agent.uplink.budget import HANOI_MS, NONE, OVERHEAD_BYTES, Budget
from edge_agent.uplink.lanes import Lanes
from tests.edge_agent.samples import NOW
from tests.edge_agent.uplink.mountain import LAN, World

MIDNIGHT = (NOW + HANOI_MS) // 86_400_000 * 86_400_000 - HANOI_MS
BOTH = frozenset({Channel.BACKLOG, Channel.READINGS})


def test_the_backlog_stops_first_then_new_readings_until_midnight_in_vietnam() -> None:
    budget = Budget(1_000_000)
    assert budget.closed(now=MIDNIGHT) == NONE
    budget.spend(600_000 - OVERHEAD_BYTES, now=MIDNIGHT)
    assert budget.closed(now=MIDNIGHT + 1) == {Channel.BACKLOG}
    budget.spend(400_000, now=MIDNIGHT + 2)
    assert budget.closed(now=MIDNIGHT + 86_399_999) == BOTH
    assert budget.closed(now=MIDNIGHT + 86_400_000) == NONE
    assert budget.spent == 0


def test_without_a_limit_nothing_closes() -> None:
    budget = Budget(None)
    budget.spend(10**12, now=NOW)
    assert budget.closed(now=NOW) == NONE


def test_a_closed_lane_sends_nothing_nor_again_and_goes_on_where_it_was() -> None:
    world = World(Lanes(receipt_timeout_s=2), LAN)
    for _ in range(3):
        world.put(100)
    world.every(1.0, 100)
    world.every(1.0, 100, Priority.EVENTS)
    world.lanes.close(BOTH)
    journey = world.run(10.5)
    assert set(journey.channels.values()) == {Channel.EVENTS}
    assert len(journey.arrived_at) == 10
    world.lanes.close(NONE)
    journey = world.run(10)
    assert sorted(journey.arrived_at) == list(range(1, world.next))
    assert journey.again_bytes == 0


def test_the_count_of_the_day_survives_a_restart(tmp_path: Path) -> None:
    with open_outbox(tmp_path, now=NOW) as outbox:
        outbox.note_spent(day=19976, spent=12_345)
    with open_outbox(tmp_path, now=NOW) as outbox:
        counters = outbox.counters()
        assert (counters.spent_day, counters.spent_bytes, counters.next_sequence) == (19976, 12_345, 1)
