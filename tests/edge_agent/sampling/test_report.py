"""Change, deadband and heartbeat: what the centre hears of, and what it need not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_profiles.schema import Report
from edge_agent.sampling.reading import Reading, bad
from edge_agent.sampling.report import worth_sending

ALL = Report()
BAND = Report(deadband=0.5, heartbeat_s=60)
SHARE = Report(deadband_percent=10, heartbeat_s=60)
BOTH = Report(deadband=0.5, deadband_percent=10, heartbeat_s=60)


@pytest.mark.parametrize(
    ("policy", "before", "now", "after_s", "worth"),
    [
        (ALL, 1.0, 1.0, 1, True),
        (BAND, 1.0, 1.5, 1, False),
        (BAND, 1.0, 1.51, 1, True),
        (BAND, 1.0, 0.4, 1, True),
        (BAND, 1.0, 1.0, 59, False),
        (BAND, 1.0, 1.0, 60, True),
        (SHARE, -100.0, -109.0, 1, False),
        (SHARE, -100.0, -111.0, 1, True),
        (SHARE, 0.0, 0.001, 1, True),
        (BOTH, 1.0, 1.4, 1, False),
        (BOTH, 100.0, 109.0, 1, False),
        (BOTH, 100.0, 111.0, 1, True),
        (BAND, True, False, 1, True),
        (BAND, True, True, 1, False),
        (BAND, "a", "b", 1, True),
        (BAND, 1.0, 1.0, -5, True),
    ],
)
def test_worth_sending(policy: Report, before: float, now: float, after_s: int, worth: bool) -> None:
    last, reading = Reading("p", before, 100_000), Reading("p", now, 100_000 + after_s * 1000)
    assert worth_sending(last, reading, policy) is worth


def test_the_first_reading_and_every_change_of_quality_are_worth_sending() -> None:
    good, doubted = Reading("p", 1.0, 1000), Reading("p", 1.0, 2000, "uncertain:rate")
    assert worth_sending(None, good, BAND)
    assert worth_sending(good, doubted, BAND)
    assert worth_sending(doubted, bad("p", "timeout", 3000), BAND)
    assert worth_sending(bad("p", "timeout", 3000), bad("p", "refused", 4000), BAND)


@pytest.mark.parametrize(("policy", "heartbeat_s"), [(BAND, 60), (ALL, 300)])
def test_a_dead_device_is_not_a_flood(policy: Report, heartbeat_s: int) -> None:
    first = bad("p", "timeout", 1000)
    assert not worth_sending(first, bad("p", "timeout", heartbeat_s * 1000), policy)
    assert worth_sending(first, bad("p", "timeout", 1000 + heartbeat_s * 1000), policy)


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=60), st.floats(0.01, 5))
def test_the_centre_never_errs_by_more_than_the_deadband(values: list[float], deadband: float) -> None:
    policy = Report(deadband=deadband, heartbeat_s=3600)
    last: Reading | None = None
    for second, value in enumerate(values):
        reading = Reading("p", value, second * 1000)
        if worth_sending(last, reading, policy):
            last = reading
        assert last is not None
        assert isinstance(last.value, float)
        assert abs(last.value - value) <= deadband
