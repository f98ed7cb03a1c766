"""Which step the API chooses when nobody asks for one."""

from __future__ import annotations

import httpx
import pytest

from cloud.api.deps import ApiSettings
from cloud.api.series import DAY_MS, GOOD_BUCKETS, fitting_step
from tests.cloud.api.fake_centre import FakeCentre

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


@pytest.mark.parametrize(
    ("raw_days", "minute_days", "age_days", "step_ms"),
    [(0, 90, 900, 10_000), (400, 90, 399, 10_000), (7, 90, 8, 60_000), (7, 0, 900, 60_000), (7, 9, 10, 900_000)],
)
def test_the_step_follows_the_configured_retention(
    raw_days: int, minute_days: int, age_days: int, step_ms: int
) -> None:
    kept = ((raw_days, 1), (minute_days, 60_000), (365, 900_000), (0, HOUR_MS))
    assert fitting_step(HOUR_MS, age_ms=age_days * DAY_MS, kept=kept) == step_ms


async def test_a_chart_of_old_readings_is_as_fine_as_the_centre_keeps_them(
    operator: httpx.AsyncClient, centre: FakeCentre
) -> None:
    begin = centre.clock.now_ms() - 60 * DAY_MS
    asked: dict[str, str | int] = {
        "gateway": "gw-thao",
        "device": "gauge-yen-bai",
        "point": "level_m",
        "begin": begin,
        "end": begin + HOUR_MS,
    }
    assert (await operator.get("/api/v1/series", params=asked)).json()["step_ms"] == 60_000
    centre.settings = ApiSettings(kept=((0, 1),))
    assert (await operator.get("/api/v1/series", params=asked)).json()["step_ms"] == 10_000
