"""The leader's page: the province in a few figures, each with a colour, a shape and a word."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from cloud.api.camera_views import camera_views
from cloud.api.deps import Centre
from cloud.api.guard import CentreDep
from cloud.api.views import DeviceView
from cloud.api.which import Which
from cloud.leader.plan import Measure
from cloud.leader.standing import Figure, overall, share, standings
from cloud.store.incident_port import IncidentFilter
from cloud.web.fleet import GOOD_WORDS, in_order, models_with
from cloud.web.render import page
from cloud.web.rivers import LEVEL_POINT, River, river_of

router = APIRouter(include_in_schema=False)
MOST_INCIDENTS = 1000
AIR_INDEX, AIR_POINT = "index_vn_aqi_hour", "aqi"


@router.get("/leader")
async def leader_page(request: Request, centre: CentreDep) -> HTMLResponse:
    """What needs somebody first."""
    found = standings(centre.settings.leader, {**at_once(centre), **await asyncio.to_thread(from_state, centre)})
    return page(request, "leader.html", found=found, overall=overall(found))


def at_once(centre: Centre) -> dict[Measure, Figure]:
    """What the centre knows in memory."""
    heard = [each for each in centre.gateways() if each.state != "never"]
    fresh = in_order(centre.device_counts().freshness)
    known = [each for each in camera_views(centre) if each.sight != "none"]
    total = centre.ledger_sums()
    return {
        "gateways_online_pct": share(sum(each.state == "online" for each in heard), len(heard)),
        "fresh_pct": share(sum(fresh[word] for word in GOOD_WORDS), sum(fresh.values()) - fresh["never"]),
        "cameras_good_pct": share(sum(each.sight != "offline" for each in known), len(known)),
        "stored_pct": share(total["stored"], total["accepted"]),
        "flood_level": Figure(flood_level(_rivers(centre))),
        "vn_aqi": Figure(worst_air(centre.devices(Which(profiles=[AIR_INDEX])))),
    }


def from_state(centre: Centre) -> dict[Measure, Figure]:
    """What the database knows. Off the event loop."""
    now = centre.clock.now_ms()
    counts = {1: 0, 2: 0}
    for row in centre.state.open_alarms():
        if row.severity in counts:
            counts[row.severity] += row.unacknowledged
    waiting = [row.raised_at for row in centre.open_alarms() if row.severity in counts and row.acknowledged_at is None]
    overdue = centre.incidents.incidents(IncidentFilter(open=True, due_before=now), before=None, limit=MOST_INCIDENTS)
    return {
        "critical_unacknowledged": Figure(counts[1]),
        "waiting_min": Figure((now - min(waiting)) // 60_000 if waiting else 0),
        "incidents_overdue": Figure(len(overdue)),
    }


def _rivers(centre: Centre) -> Iterable[River]:
    for device in centre.devices(models_with(centre, LEVEL_POINT)):
        levels = centre.thresholds(device.gateway, device.id, LEVEL_POINT)
        river = river_of(device, levels) if levels else None
        if river is not None:
            yield river


def flood_level(rivers: Iterable[River]) -> float | None:
    """How many of its levels the worst river stands above; None when no river has data."""
    above = [
        1 + [level for level, _ in river.marks].index(river.above) if river.above else 0
        for river in rivers if river.has_data
    ]  # fmt: skip
    return max(above, default=None)


def worst_air(devices: Sequence[DeviceView]) -> float | None:
    """The highest index of the hour; None when no station has a fresh one."""
    values = [
        float(point.value)
        for device in devices if device.profile == AIR_INDEX
        for point in device.points
        if point.key == AIR_POINT and point.freshness in GOOD_WORDS and isinstance(point.value, int | float)
    ]  # fmt: skip
    return max(values, default=None)
