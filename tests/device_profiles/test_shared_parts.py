"""The small parts that both programs share: back-off, clock and units."""

from __future__ import annotations

import random
import time

from device_profiles.backoff import Backoff
from device_profiles.clock import SystemClock
from device_profiles.units import UNITS, is_unit, shown


def test_delays_stay_under_a_ceiling_that_doubles_up_to_the_cap() -> None:
    backoff = Backoff(base_s=1, cap_s=10, dice=random.Random(1))
    delays = [backoff.next_delay() for _ in range(100)]
    assert all(0 <= delay <= min(10, 2**attempt) for attempt, delay in enumerate(delays))
    assert max(delays) > 9


def test_a_reset_forgets_past_failures() -> None:
    backoff = Backoff(base_s=1, cap_s=1000, dice=random.Random(1))
    for _ in range(50):
        backoff.next_delay()
    backoff.reset()
    assert backoff.next_delay() <= 1


def test_two_gateways_do_not_march_in_step() -> None:
    assert len({round(Backoff(base_s=30).next_delay(), 6) for _ in range(20)}) > 15


async def test_the_systems_clock_tells_milliseconds_and_sleeps() -> None:
    clock = SystemClock()
    assert abs(clock.now_ms() - time.time() * 1000) < 5000
    before = clock.monotonic()
    await clock.sleep(0)
    assert clock.monotonic() >= before


def test_units_are_known_and_shown() -> None:
    assert is_unit("m")
    assert not is_unit("metre")
    assert shown("Cel") == "°C"
    assert shown("furlong") == "furlong"
    assert all(code.isascii() for code in UNITS)
