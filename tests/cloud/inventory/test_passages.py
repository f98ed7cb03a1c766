"""What came late or doubted is remembered as few stretches, whatever the order in which it came."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cloud.inventory.fleet import Fleet
from cloud.inventory.passages import (
    DOUBTED,
    LATE_MS,
    MOST_PASSAGES,
    NEAR_MS,
    Passage,
    passages_of,
    with_passages,
)
from cloud.store.base import Columns
from device_profiles.wire.messages import Cell

NOW = 1_725_926_400_000
MINUTE = 60_000


def block(times: list[int], levels: list[Cell], quality: dict[str, list[tuple[int, str]]] | None = None) -> Columns:
    """Some readings of a river gauge."""
    return Columns("site", "gw", "gauge", "river_gauge_radar", times, {"level_m": levels}, quality or {}, {})


def test_readings_that_come_at_once_leave_nothing() -> None:
    assert passages_of(block([NOW - LATE_MS, NOW], [1.0, 1.1]), received_at=NOW) == []


def test_only_the_late_rows_of_a_batch_are_late_and_codes_count() -> None:
    times = [NOW - 5 * MINUTE, NOW - 4 * MINUTE, NOW]
    columns = block(times, [1.0, None, 1.1], {"level_m": [(1, "bad:timeout")]})
    assert passages_of(columns, received_at=NOW) == [Passage("late", times[0], times[1], 2, NOW, NOW)]


def test_doubted_times_are_remembered_too() -> None:
    columns = block([NOW - 1_000, NOW], [1.0, 1.1], {"level_m": [(1, DOUBTED), (0, "uncertain:rate")]})
    assert passages_of(columns, received_at=NOW) == [Passage("doubtful", NOW, NOW, 1, NOW, NOW)]


def test_an_outage_of_a_slow_device_is_one_passage_and_good_hours_between_two_are_not_late() -> None:
    outage = [Passage("late", at, at, 1, NOW, NOW) for at in range(NOW - 150 * MINUTE, NOW - 10 * MINUTE, 15 * MINUTE)]
    [whole] = with_passages([], outage)
    assert (whole.begin, whole.end, whole.readings) == (outage[0].begin, outage[-1].end, len(outage))
    earlier = Passage("late", NOW - 40 * MINUTE, NOW - 39 * MINUTE, 6, NOW - 35 * MINUTE, NOW - 35 * MINUTE)
    later = Passage("late", NOW - 20 * MINUTE, NOW - 19 * MINUTE, 6, NOW, NOW)
    assert len(with_passages([earlier], [later])) == 2


@given(st.lists(st.integers(0, 400), unique=True, max_size=60), st.randoms(use_true_random=False))
def test_the_order_of_arrival_within_one_lane_burst_does_not_matter(places: list[int], random: object) -> None:
    passages = [Passage("late", NOW - at * NEAR_MS, NOW - at * NEAR_MS, 1, NOW, NOW) for at in places]
    shuffled = list(passages)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    known: list[Passage] = []
    for each in shuffled:
        known = with_passages(known, [each])
    assert sorted(known, key=str) == sorted(with_passages([], passages), key=str)
    assert sum(each.readings for each in known) == len(places)


def test_a_device_that_is_always_late_costs_no_memory() -> None:
    fleet = Fleet()
    for hour in range(3 * MOST_PASSAGES):
        at = NOW + hour * 180 * MINUTE
        fleet.observed(block([at], [1.0]), received_at=at + 3 * MINUTE)
    device = fleet.device("gw", "gauge")
    assert device is not None
    assert len(device.passages) == MOST_PASSAGES
    assert device.passages[-1].end == NOW + (3 * MOST_PASSAGES - 1) * 180 * MINUTE
    fleet.observed(block([at + 1], [1.0]), received_at=at + 1)
    assert len(device.passages) == MOST_PASSAGES
