"""Why the chart of a device has gaps: what is silent, awaited, dropped or refused, and what came late or is doubted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query

from cloud.api.deps import Centre, UnknownThingError
from cloud.api.devices import device_of
from cloud.api.guard import CentreDep
from cloud.api.problems import ProblemError
from cloud.api.series import DAY_MS, MOST_BUCKETS, Instant, fitting_step
from cloud.api.views import AccountView, DeviceView, LetterFilter, PointView
from cloud.ingest.ledger import DISCARDED
from cloud.ingest.ranges import size_of_ranges
from cloud.inventory.gaps import Gap, Hole, Look, Source, Span, explain
from cloud.store.base import SeriesKey

router = APIRouter(prefix="/api/v1", tags=["series"])

MOST_LETTERS = 500  # of one device in one chart, the newest
YOUNG_MS = 30 * DAY_MS  # a device that was silent for so long is as good as new
YOUNG_STEP_MS = 4 * 3_600_000  # windows of an hour serve it
HEARTBEAT_SLACK = 1.5  # a value that is reported every so often may be late by half of it


@dataclass(frozen=True, slots=True)
class GapsView:
    """The gaps of a device between two times, by time. Empty = everything is there, and came when it should."""

    gateway: str
    device: str
    point: str | None
    begin: int
    end: int
    items: list[Gap]


@router.get("/devices/{gateway}/{device}/gaps", summary="Why a chart has gaps")
async def list_gaps(
    gateway: str,
    device: str,
    centre: CentreDep,
    begin: Annotated[Instant, Query(alias="from")] = None,
    end: Annotated[Instant, Query(alias="to")] = None,
    point: Annotated[str | None, Query(max_length=64)] = None,
) -> GapsView:
    """The last 24 h unless told; of one point, or of the device: then it is silent when all its points are."""
    view = device_of(centre, gateway, device)
    chosen = [each for each in view.points if point in (None, each.key)]
    if not chosen:
        raise UnknownThingError(f"Device {device!r} has no point {point!r}.")
    now = centre.clock.now_ms()
    until = now if end is None else min(end, now)
    since = until - DAY_MS if begin is None else begin
    step = fitting_step(until - since, age_ms=now - since, kept=centre.settings.kept)
    if since >= until or (until - since) / step > MOST_BUCKETS:
        raise ProblemError(422, "range", "`from` must be before `to` and before now.")
    silence_ms = min(_rhythm_ms(centre, view, each) for each in chosen)
    stored = await _stored(centre, view, chosen, (since, until, step))
    look = Look(
        begin=since,
        end=until,
        silence_ms=silence_ms,
        stored=stored,
        told=[*_passed(centre, view), *_dropped(centre, view), *await _refused(centre, view, point, since)],
        source=_source(centre, view),
        is_live=now - until <= silence_ms,
        stale_ms=min(each.stale_after_ms for each in chosen),
        since=await _first(centre, view, chosen, stored) if stored and stored[0][0] - since > silence_ms else 0,
    )
    return GapsView(gateway, device, point, since, until, explain(look))


def _rhythm_ms(centre: Centre, view: DeviceView, point: PointView) -> int:
    """How long a point may say nothing: three periods, or its heartbeat and a half."""
    profile = centre.profiles.get(view.profile)
    known = profile.point(point.key) if profile else None
    heartbeat_s = known.report.heartbeat_s if known else 0.0
    return max(point.stale_after_ms, round(heartbeat_s * 1000 * HEARTBEAT_SLACK))


async def _stored(
    centre: Centre, view: DeviceView, points: Sequence[PointView], window: tuple[int, int, int]
) -> list[Span]:
    """Stretches of time in which any of these points has readings, rising."""
    begin, end, step = window
    found: set[int] = set()
    for point in points:
        if point.type.value != "string":
            key = SeriesKey(view.profile, view.gateway, view.id, point.key)
            buckets = await centre.readings.series(key, begin=begin, end=end, step_ms=step)
            found.update(bucket.begin for bucket in buckets)
    return [(at, at + step) for at in sorted(found)]


async def _first(centre: Centre, view: DeviceView, points: Sequence[PointView], stored: Sequence[Span]) -> int:
    """When the first reading was stored, as far as that lies in sight: a young device was not silent before."""
    first = stored[0][0]
    before = await _stored(centre, view, points, (first - YOUNG_MS, first, YOUNG_STEP_MS))
    return 0 if before else first


def _passed(centre: Centre, view: DeviceView) -> Iterator[Gap]:
    for each in centre.passages(view.gateway, view.id):
        arrived_at = each.last_at if each.kind == "late" else None
        yield Gap(each.kind, each.begin, each.end, each.readings, arrived_at=arrived_at)


def _dropped(centre: Centre, view: DeviceView) -> Iterator[Gap]:
    """What the gateway gave up; which of its devices that was, it does not say. Discarded letters know their device."""
    for account in centre.ledger(view.gateway):
        for span in account.drops:
            if span.reason != DISCARDED:
                yield Gap("dropped", span.begin, span.end, span.readings, span.reason)


async def _refused(centre: Centre, view: DeviceView, point: str | None, since: int) -> list[Gap]:
    """Dead letters of the device; a letter is buried after its readings were observed, or a little before."""
    wanted = LetterFilter(view.gateway, begin=max(0, since - DAY_MS), state=None, device=view.id)
    letters, _ = await centre.letters.page(wanted, before=None, limit=MOST_LETTERS)
    return [
        Gap("dropped" if each.state == "discarded" else "dead_lettered", each.begin, each.end, each.readings, word)
        for each in letters
        if each.state != "retried" and each.profile and (point in (None, each.point) or not each.point)
        for word in [DISCARDED if each.state == "discarded" else each.reason.partition(":")[0]]
    ]


def _source(centre: Centre, view: DeviceView) -> Source:
    gateway = centre.gateway(view.gateway)
    if gateway is None:
        return Source("never")
    accounts = [each for each in centre.ledger(view.gateway) if each.epoch == gateway.epoch]  # an old disk is gone
    return Source(
        link=gateway.state,
        fault=view.fault,
        read_at=view.read_at or 0,
        backlog=gateway.backlog_readings,
        holes=[word for account in accounts for word in _holes_in(account)],
        held=sum(size_of_ranges(account.held_ranges) for account in accounts),
    )


def _holes_in(account: AccountView) -> list[Hole]:
    """Stretches of sequences below the newest stored one that have not come, or are held; neighbours are one."""
    newest = account.stored_ranges[-1][1] if account.stored_ranges else 0
    words: list[tuple[Sequence[int], Hole]] = [(each, "missing") for each in account.missing_ranges]
    words += [(each, "held") for each in account.held_ranges]
    holes: list[Hole] = []
    end = -1
    for (first, last), word in sorted(words):
        if first < newest and first != end + 1:
            holes.append(word)
        end = last
    return holes
