"""What one gateway may bring: what is beyond waits and is counted, nobody else notices, and all of it comes in time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cloud.ingest.admission import DAY_MS, LEARNING_MS, Admission, AdmissionConfig, SeriesAllowance
from device_profiles.wire import Address, Channel

NOW = 1_725_926_400_000
LIMITS = AdmissionConfig(bytes_per_s=1000, readings_per_s=100, burst_s=10, series=50, new_series_per_day=20)


def admission() -> Admission:
    return Admission(LIMITS, {"gw", "other"})


def brings(doors: Admission, size: int, readings: int, *, at: int = NOW, **more: str) -> bool:
    gateway, channel = more.get("gateway", "gw"), Channel(more.get("channel", "readings"))
    if doors.withholds(Address(gateway, channel), size, received_at=at):
        return False
    doors.charge(gateway, readings)
    return True


def test_bytes_beyond_the_limit_wait_and_others_do_not() -> None:
    doors = admission()
    assert [brings(doors, 5_000, 1) for _ in range(4)] == [True, True, False, False]
    assert brings(doors, 5_000, 1, gateway="other")
    assert doors.withheld("gw") == {"bytes": 2}
    assert doors.withheld("other") == {}
    assert brings(doors, 5_000, 1, at=NOW + 1000)


def test_readings_beyond_the_limit_wait_until_they_are_paid_for() -> None:
    doors = admission()
    assert brings(doors, 10, 3_000)  # however large a batch is, it comes through
    assert not brings(doors, 10, 1, at=NOW + 19_000)
    assert brings(doors, 10, 1, at=NOW + 21_000)
    assert doors.withheld("gw") == {"readings": 1}


def test_events_pass_when_readings_have_used_up_the_limit_but_not_for_ever() -> None:
    doors = admission()
    assert brings(doors, 10, 1_000)
    assert not brings(doors, 10, 1, channel="backlog")
    assert [brings(doors, 10, 400, channel="events") for _ in range(4)] == [True, True, True, False]


def test_births_pass_and_health_beyond_the_limit_is_let_go_uncounted() -> None:
    doors = admission()
    brings(doors, 10_000, 0)
    assert not brings(doors, 10, 0, channel="health")
    assert brings(doors, 10, 0, channel="state")
    assert doors.withheld("gw") == {}


def test_strangers_take_no_memory_and_are_left_to_intake() -> None:
    doors = admission()
    assert brings(doors, 10**9, 10**9, gateway="stranger")
    assert brings(doors, 10**9, 10**9, gateway="stranger")
    assert doors.withheld("stranger") == {}


def test_a_clock_that_steps_back_neither_gives_nor_takes() -> None:
    doors = admission()
    brings(doors, 10_000, 0)
    assert not brings(doors, 1, 0, at=NOW - 3_600_000)
    assert brings(doors, 1, 0, at=NOW - 3_599_000)


@given(st.lists(st.tuples(st.integers(0, 5_000), st.integers(1, 20_000), st.integers(0, 500)), max_size=60))
def test_never_more_than_the_rate_and_one_burst_and_one_batch(steps: list[tuple[int, int, int]]) -> None:
    doors, at, taken, largest = admission(), NOW, 0, 0
    for passed, size, readings in steps:
        at += passed
        largest = max(largest, size)
        taken += size if brings(doors, size, readings, at=at) else 0
    assert taken <= (at - NOW) / 1000 * LIMITS.bytes_per_s + LIMITS.bytes_per_s * LIMITS.burst_s + largest


def test_series_count_by_points_and_known_ones_stay_welcome() -> None:
    allowance = SeriesAllowance(LIMITS)
    devices = [(f"d{number}", "probe") for number in range(6)]
    assert [allowance.has_room("gw", each, 10, now=NOW) for each in devices] == [True] * 5 + [False]
    assert all(allowance.has_room("gw", each, 10, now=NOW) for each in devices[:5])
    assert allowance.has_room("other", devices[5], 10, now=NOW)


def test_after_the_first_hour_new_series_have_a_daily_limit() -> None:
    allowance = SeriesAllowance(LIMITS)
    assert allowance.has_room("gw", ("d0", "probe"), 10, now=NOW)
    later = NOW + LEARNING_MS
    assert [allowance.has_room("gw", (f"d{n}", "probe"), 10, now=later) for n in (1, 2, 3)] == [True, True, False]
    assert allowance.has_room("gw", ("d3", "probe"), 10, now=later + DAY_MS // 2)
