"""The lanes on a mountain link and on a LAN (F24): no storm of repetitions there, nothing lost of the speed here."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_profiles.wire import Channel
from edge_agent.outbox.base import Priority
from edge_agent.uplink.lanes import Lanes
from edge_agent.uplink.pace import LEAST_BYTES, MOST_BYTES, Pace
from tests.edge_agent.uplink.mountain import LAN, MOUNTAIN, Journey, Line, World

MINUTES_S = 240.0
LIVE = (Channel.READINGS, Channel.EVENTS)


class Headlong(Pace):
    """The control: everything that the windows of the lanes allow, whatever the link says."""

    def begin(self) -> None:
        super().begin()
        self.window_bytes = MOST_BYTES

    def received(self, size: int, *, took_s: float, now: float) -> None:
        """Learns nothing."""

    def silent(self) -> None:
        """Learns nothing."""


def after_an_outage(line: Line, pace: Pace, *, seed: int = 1, seconds: float = MINUTES_S, backlog: int = 80) -> Journey:
    """A backlog, a live batch every two seconds, now and then an event."""
    world = World(Lanes(receipt_timeout_s=20, pace=pace), line, seed=seed)
    for _ in range(backlog):
        world.put(3000)
    world.every(2.0, 400)
    world.every(20.0, 250, Priority.EVENTS)
    return world.run(seconds)


@pytest.mark.parametrize("seed", [1, 2])
def test_f24_a_mountain_link_carries_everything_once(seed: int) -> None:
    """16 kbit/s, 600 ms +-50, 2 % loss. Measured: 0 bytes of 780 kB sent again, against 331 kB of 1,125 kB without."""
    paced = after_an_outage(MOUNTAIN, Pace(receipt_timeout_s=20), seed=seed)
    headlong = after_an_outage(MOUNTAIN, Headlong(receipt_timeout_s=20), seed=seed)
    assert len(paced.arrived_at) == len(headlong.arrived_at)
    assert paced.again_bytes <= 0.01 * paced.sent_bytes
    assert headlong.again_bytes > 0.2 * headlong.sent_bytes
    assert paced.delay_s(0.99, *LIVE) < 6
    assert headlong.delay_s(0.99, *LIVE) > 60


def test_a_lan_is_as_fast_as_before() -> None:
    paced, headlong = (
        after_an_outage(LAN, pace, seconds=5, backlog=600)
        for pace in (Pace(receipt_timeout_s=20), Headlong(receipt_timeout_s=20))
    )
    drained = [max(journey.arrived_at[number] for number in range(1, 601)) for journey in (paced, headlong)]
    assert paced.again_bytes == 0
    assert drained[0] <= drained[1] + 0.2  # what it costs to begin small


def test_an_event_never_waits_for_room_and_the_backlog_leaves_half_of_it() -> None:
    world = World(Lanes(receipt_timeout_s=20), MOUNTAIN)
    for _ in range(50):
        world.put(3000)
    world.lanes.begin(next_sequence=world.next, now=0.0)
    world.wave()
    assert [world.journey.channels[number] for number in sorted(world.journey.channels)] == [Channel.BACKLOG] * 2
    world.put(300, Priority.EVENTS)
    world.put(2500)
    world.put(2500)
    world.wave()
    lanes = [world.journey.channels.get(number) for number in (51, 52, 53)]
    assert lanes == [Channel.EVENTS, Channel.READINGS, None]


@pytest.mark.parametrize("bytes_per_s", [1000, 100_000])
def test_whatever_the_link_the_backlog_drains_at_its_speed(bytes_per_s: float) -> None:
    line = Line(bytes_per_s=bytes_per_s, delay_s=0.3, jitter_s=0.02, loss=0.01)
    paced = after_an_outage(line, Pace(receipt_timeout_s=20), seconds=60, backlog=2000)
    headlong = after_an_outage(line, Headlong(receipt_timeout_s=20), seconds=60, backlog=2000)
    assert len(paced.arrived_at) >= 0.9 * len(headlong.arrived_at)
    assert paced.again_bytes <= 0.01 * paced.sent_bytes


def test_after_a_silence_it_begins_small_and_is_fast_again_soon() -> None:
    pace = Pace(receipt_timeout_s=20)
    for number in range(40):
        pace.received(4000, took_s=0.1, now=number / 10)
    assert pace.window_bytes > 100_000
    pace.silent()
    assert pace.window_bytes == LEAST_BYTES
    for _ in range(20):
        pace.returned(4000)
    assert pace.window_bytes > 64_000
    assert pace.round_trip_s == pytest.approx(0.1)


@given(st.lists(st.tuples(st.integers(1, 100_000), st.floats(0, 100), st.booleans()), max_size=60))
def test_the_window_stays_within_its_bounds(receipts: list[tuple[int, float, bool]]) -> None:
    pace, now = Pace(receipt_timeout_s=20), 0.0
    for size, took_s, silent in receipts:
        now += took_s
        pace.received(size, took_s=took_s, now=now)
        if silent:
            pace.silent()
        assert LEAST_BYTES <= pace.window_bytes <= MOST_BYTES
