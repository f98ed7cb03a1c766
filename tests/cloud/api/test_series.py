"""Which step the API chooses when nobody asks for one."""

from __future__ import annotations

import pytest

from cloud.api.series import DAY_MS, GOOD_BUCKETS, fitting_step

HOUR_MS = 3_600_000


@pytest.mark.parametrize(
    ("span_ms", "age_ms", "step_ms"),
    [
        (60_000, 60_000, 1_000),
        (DAY_MS, DAY_MS, 180_000),
        (7 * DAY_MS, 7 * DAY_MS, 1_800_000),
        (30 * DAY_MS, 30 * DAY_MS, 2 * HOUR_MS),
        (365 * DAY_MS, 365 * DAY_MS, DAY_MS),
        (5 * 365 * DAY_MS, 5 * 365 * DAY_MS, 4 * DAY_MS),
        (HOUR_MS, 60 * DAY_MS, 60_000),  # raw readings are gone by then
        (HOUR_MS, 200 * DAY_MS, 900_000),
        (HOUR_MS, 900 * DAY_MS, HOUR_MS),
    ],
)
def test_the_step_fits_the_span_and_what_is_kept_at_its_age(span_ms: int, age_ms: int, step_ms: int) -> None:
    assert fitting_step(span_ms, age_ms=age_ms) == step_ms
    assert span_ms / step_ms <= GOOD_BUCKETS
