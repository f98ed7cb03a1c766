"""A point over time, in buckets that a chart can draw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query

from cloud.api.deps import KEPT, Centre, Kept, UnknownThingError
from cloud.api.devices import device_of
from cloud.api.guard import CentreDep
from cloud.api.problems import ProblemError
from cloud.api.views import ThresholdView
from cloud.store.base import Bucket, SeriesKey

router = APIRouter(prefix="/api/v1", tags=["series"])

DAY_MS = 86_400_000
MOST_BUCKETS = 5_000
GOOD_BUCKETS = 480  # about one per two pixels of a chart
HOURS = (1, 2, 3, 6, 12)
STEPS_MS = (
    *(1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 180_000, 300_000, 900_000, 1_800_000),
    *(hours * 3_600_000 for hours in HOURS),
)
Identifier = Annotated[str, Query(min_length=1, max_length=64)]
Instant = Annotated[int | None, Query(ge=0, le=2**53, description="ms since 1970 UTC")]


@dataclass(frozen=True, slots=True)
class SeriesView:
    """The buckets of one point between two times; empty buckets are left out. With the levels of its rules."""

    gateway: str
    device: str
    point: str
    unit: str
    begin: int
    end: int
    step_ms: int
    buckets: list[Bucket]
    thresholds: list[ThresholdView]


@router.get("/series", summary="A point over time")
async def series(
    centre: CentreDep,
    gateway: Identifier,
    device: Identifier,
    point: Identifier,
    begin: Instant = None,
    end: Instant = None,
    step_ms: Annotated[int | None, Query(ge=1, le=31 * DAY_MS)] = None,
) -> SeriesView:
    """The last 24 h unless told; at most 5,000 buckets. Without `step_ms` about 480 of them."""
    until = centre.clock.now_ms() if end is None else end
    since = until - DAY_MS if begin is None else begin
    age_ms = centre.clock.now_ms() - since
    step = step_ms or fitting_step(until - since, age_ms=age_ms, kept=centre.settings.kept)
    if since >= until or (until - since) / step > MOST_BUCKETS:
        raise ProblemError(
            422, "range", f"begin must be before end, and (end - begin) / step_ms at most {MOST_BUCKETS}."
        )
    return await _read(centre, (gateway, device, point), begin=since, end=until, step_ms=step)


def fitting_step(span_ms: int, *, age_ms: int = 0, kept: Kept = KEPT) -> int:
    """The smallest round step that cuts the span into few enough buckets; whole days beyond the table.

    All from a minute on are made of windows of a roll-up (900 s, not 600: the wider grain then serves). What is older
    than a class of readings is kept is not asked in smaller steps than the next class has.
    """
    least = next((step for days, step in kept if days == 0 or age_ms <= days * DAY_MS), kept[-1][1])
    days = -(-span_ms // (GOOD_BUCKETS * DAY_MS))
    return next((step for step in STEPS_MS if step >= least and span_ms <= step * GOOD_BUCKETS), days * DAY_MS)


async def _read(centre: Centre, name: tuple[str, str, str], *, begin: int, end: int, step_ms: int) -> SeriesView:
    gateway, device, point = name
    view = device_of(centre, gateway, device)
    known = next((candidate for candidate in view.points if candidate.key == point), None)
    if known is None:
        raise UnknownThingError(f"Device {device!r} has no point {point!r}.")
    key = SeriesKey(view.profile, gateway, device, point)
    buckets = await centre.readings.series(key, begin=begin, end=end, step_ms=step_ms)
    levels = list(centre.thresholds(gateway, device, point))
    return SeriesView(gateway, device, point, known.unit, begin, end, step_ms, list(buckets), levels)
