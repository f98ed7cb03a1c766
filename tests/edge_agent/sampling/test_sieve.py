"""One device from samples to columns: times rise, rows group, late records keep their time."""

from __future__ import annotations

import math
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from device_profiles.schema import Limits, Report
from device_profiles.wire import Batch, absolute_times, decode_batch, encode, size_of
from edge_agent.connector import Happening, Sample
from edge_agent.sampling.columns import to_block
from edge_agent.sampling.happening import to_event
from edge_agent.sampling.sieve import Sieve
from tests.edge_agent.samples import NOW, point, profile


def test_the_samples_of_one_poll_share_one_time() -> None:
    sieve = Sieve(profile(point("a"), point("b")))
    rows = sieve.sift([Sample("d", "a", 1.0), Sample("d", "b", None, fault="exception_02")], now=NOW)
    assert [(row.observed_at, [each.quality for each in row.readings]) for row in rows] == [
        (NOW, ["", "bad:exception_02"])
    ]


def test_two_polls_in_one_millisecond_do_not_overwrite_each_other() -> None:
    sieve = Sieve(profile())
    moments = [sieve.sift([Sample("d", "p", value)], now=NOW)[0].observed_at for value in (1.0, 2.0, 3.0)]
    assert moments == [NOW, NOW + 1, NOW + 2]


def test_a_late_record_keeps_the_devices_own_time() -> None:
    sieve = Sieve(profile())
    sieve.sift([Sample("d", "p", 1.0)], now=NOW)
    rows = sieve.sift([Sample("d", "p", 2.0, observed_at=NOW - 3_600_000), Sample("d", "p", 3.0)], now=NOW + 500)
    assert [row.observed_at for row in rows] == [NOW - 3_600_000, NOW + 500]


def test_a_time_that_cannot_be_is_ours_and_marked() -> None:
    rows = Sieve(profile()).sift([Sample("d", "p", 1.0, observed_at=-5)], now=NOW)
    assert (rows[0].observed_at, rows[0].readings[0].quality) == (NOW, "uncertain:clock")


def test_unchanged_and_unknown_points_make_no_row() -> None:
    sieve = Sieve(profile(point(report=Report(deadband=1, heartbeat_s=60))))
    assert len(sieve.sift([Sample("d", "p", 1.0)], now=NOW)) == 1
    assert sieve.sift([Sample("d", "p", 1.5), Sample("d", "other", 1.0)], now=NOW + 1000) == []
    assert [reading.value for reading in sieve.latest()] == [1.0]


def test_events_that_could_not_travel_are_made_to() -> None:
    wild = Happening(
        "d", "ô/1", "Door Open", observed_at=-1, facts={"x": math.nan, "n": 2**70, "Bad Key": 1, "ok": "đ"}
    )
    event = to_event(wild, now=NOW)
    assert (len(event.id), event.kind, event.at) == (32, "unknown", NOW)
    assert event.facts == {"x": "nan", "n": str(2**70), "ok": "đ"}
    plain = to_event(Happening("d", "r-1", "rating", NOW - 5, {"stars": 5}), now=NOW)
    assert (plain.id, plain.kind, plain.at, plain.facts) == ("r-1", "rating", NOW - 5, {"stars": 5})


samples = st.lists(
    st.builds(
        Sample,
        st.just("d"),
        st.sampled_from(["a", "b"]),
        st.one_of(st.none(), st.floats(), st.integers(), st.booleans()),
        st.one_of(st.none(), st.integers(NOW - 5, NOW + 5), st.integers()),
        st.sampled_from(["", "timeout"]),
    ),
    max_size=20,
)


@given(st.lists(samples, max_size=5))
def test_whatever_devices_say_the_batch_keeps_the_contract(polls: list[list[Sample]]) -> None:
    sieve = Sieve(profile(point("a", limits=Limits(rate_per_s=1, flat_s=1)), point("b")))
    rows = [row for number, poll in enumerate(polls) for row in sieve.sift(poll, now=NOW + number)]
    if not rows:
        return
    block = to_block("d", "test_station", rows)
    times = absolute_times(block.times)
    assert all(earlier < later for earlier, later in pairwise(times))
    batch = Batch(v=1, epoch="0" * 16, sequence=1, base=0, devices=[block])
    assert decode_batch(encode(batch)) == batch
    assert size_of(batch) <= sum(len(row.readings) for row in rows)


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=20))
def test_every_reading_of_a_poller_becomes_a_cell(values: list[float]) -> None:
    sieve = Sieve(profile())
    rows = [row for value in values for row in sieve.sift([Sample("d", "p", value)], now=NOW)]
    assert to_block("d", "test_station", rows).points == {"p": values}
