"""The soak's arithmetic: a leak is seen, a warm-up is not taken for one."""

from __future__ import annotations

import pytest

from tests.soak.figures import Sample, growth_of, p99, slope, slowness_of


def test_a_leak_after_the_warm_up_is_told_per_hour() -> None:
    samples = [Sample(at * 10.0, 100.0 + max(0, at - 10) * 0.01, 20) for at in range(100)]
    growth = growth_of(samples)
    assert growth.rss_mb_per_h == pytest.approx(3.6, abs=0.01)
    assert growth.rss_percent_per_h == pytest.approx(3.58, abs=0.02)
    assert growth.descriptors_per_h == 0


def test_growth_within_the_warm_up_is_none() -> None:
    samples = [Sample(at * 10.0, min(150.0, 100.0 + at * 2), 20 + min(at, 25)) for at in range(100)]
    growth = growth_of(samples)
    assert growth.rss_mb_per_h == 0
    assert growth.descriptors == 45
    assert growth.descriptors_per_h == 0


def test_one_look_has_no_slope() -> None:
    assert slope([(3.0, 7.0)]) == 0
    assert growth_of([Sample(0, 80, 9)]).rss_mb_per_h == 0


def test_slowness_compares_the_first_third_with_the_last() -> None:
    latencies = [(float(at), 0.1 if at < 90 else 0.4) for at in range(100)]
    found = slowness_of(latencies, begin=0, end=100)
    assert (found.count, found.first_p99_s, found.last_p99_s) == (100, 0.1, 0.4)


@pytest.mark.parametrize(("values", "expected"), [([], 0.0), ([5.0], 5.0), ([float(v) for v in range(1, 101)], 99.0)])
def test_p99(values: list[float], expected: float) -> None:
    assert p99(values) == expected
