"""The disaster page: rivers, lake, rain, slopes, alarms, bulletins and evacuations on one screen."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from cloud.access.roles import Role
from cloud.api.deps import Centre
from cloud.api.disaster import HAZARDS
from cloud.api.evacuations import known_evacuation
from cloud.api.guard import CentreDep
from cloud.api.views import DeviceView, ThresholdView
from cloud.disaster.outlook import HOUR_MS, MINUTE_MS, Levels, course, crossing
from cloud.disaster.plan import Outlook
from cloud.errors import StoreUnavailableError
from cloud.store.base import SeriesKey
from cloud.web.disaster_parts import (
    RAIN_H,
    RAIN_INDEX,
    RESERVOIR,
    RISK_INDEX,
    RIVER_INDEX,
    SLOPE,
    Gauge,
    Reservoir,
    rain_marks,
    rain_rows,
    reservoir,
    slopes,
    wettest,
)
from cloud.web.figures import Devices, figure, gravest, indices_of, models_of, with_sources
from cloud.web.pages import device_names, site_names, value_formats
from cloud.web.render import page
from cloud.web.rivers import LEVEL_POINT
from cloud.web.sector_alarms import open_alarms_of, told_by_site
from cloud.web.sketch import Span, sketch
from device_profiles.schema import Sector

router = APIRouter(include_in_schema=False)
LAKE_POINT = "level_up_m"
PAST_H = 24
STEP_MS = 600_000
MOST_DRAWN = 24  # gauges with a drawing; the rest has figures
PATIENCE_S = 4.0  # with the store, for all drawings together: the present must not wait for the past
SHOWN_ALARMS = 12
SHOWN_OVER = 3  # evacuations that ended lately
FIRST_ROWS = 15  # of the table of rain; the rest is behind a word
FEW_SLOPES = 3  # calm ones; of more only the number is shown at first


@dataclass(frozen=True, slots=True)
class Water:
    """Gauges of rivers, and lakes, the gravest first."""

    gauges: Sequence[Gauge]
    lakes: Sequence[Reservoir]
    store_away: bool

    @property
    def severity(self) -> int | None:
        """The gravest of the rivers."""
        return gravest(each.severity for each in self.gauges)


@router.get("/disaster")
async def disaster_page(request: Request, centre: CentreDep, rain: Literal["all", "first"] = "first") -> HTMLResponse:
    """Everything that the officer needs in a flood, the gravest first."""
    models = [*models_of(centre.profiles, Sector.DISASTER), SLOPE]
    devices = with_sources(centre, models, (RAIN_INDEX, RISK_INDEX, RIVER_INDEX))
    alarms = await asyncio.to_thread(open_alarms_of, centre, Sector.DISASTER)
    told = told_by_site(alarms)
    shown = told[:SHOWN_ALARMS]
    rows = rain_rows(devices, rain_marks(centre.rules.running.rules))
    return page(
        request,
        "disaster.html",
        water=await _water(centre, devices),
        rain=rows,
        wettest=wettest(rows),
        rain_known=any(24 in row.sums and row.sums[24].known for row in rows),
        first_rows=FIRST_ROWS,
        all_rain=rain == "all",
        hours=RAIN_H,
        few_slopes=FEW_SLOPES,
        slopes=slopes(devices, alarms, lambda device, key: centre.thresholds(device.gateway, device.id, key)),
        told=shown,
        more_alarms=len(alarms) - sum(1 + each.more for each in shown),
        alarm_severity=gravest(each.severity for each in alarms),
        alarm_count=len(alarms),
        bulletins=await asyncio.to_thread(centre.disaster.bulletins),
        evacuations=await asyncio.to_thread(centre.disaster.evacuations),
        ended=await asyncio.to_thread(centre.disaster.ended_evacuations, limit=SHOWN_OVER),
        plan=centre.disaster.plan,
        hazards=HAZARDS,
        areas=centre.area_names(),
        site_names=site_names(centre),
        device_names=device_names(centre),
        formats=value_formats(request, centre),
        is_operator=_works_here(request, centre),
    )


@router.get("/disaster/evacuations/{evacuation}")
async def evacuation_page(request: Request, evacuation: str, centre: CentreDep) -> HTMLResponse:
    """One evacuation, also one that is over: its checklist, and everything that was ticked and taken back."""
    found = await known_evacuation(centre, evacuation)
    return page(request, "evacuation.html", found=found, areas=centre.area_names())


def _works_here(request: Request, centre: Centre) -> bool:
    """Whether somebody may copy bulletins and run evacuations, at least somewhere."""
    identity = request.state.identity
    return identity.role.includes(Role.OPERATOR) and any(map(centre.disaster.sees, centre.area_names()))


async def _water(centre: Centre, devices: Devices) -> Water:
    rivers = indices_of(devices, RIVER_INDEX)
    sites = {site.id: site for site in centre.sites()}
    gauges: list[Gauge] = []
    lakes: list[Reservoir] = []
    reader = _Reader(centre)
    for device in devices:
        if device.source or not _is_of_sector(centre, device):
            continue
        key = LAKE_POINT if device.profile == RESERVOIR else LEVEL_POINT
        gauge = await reader.gauge(device, key, rivers.get((device.gateway, device.id)))
        if gauge is None:
            continue
        if device.profile == RESERVOIR:
            lakes.append(reservoir(gauge, sites.get(device.site), reader.levels))
        else:
            gauges.append(gauge)
    gauges.sort(key=lambda each: (each.severity or 9, not each.marks, each.figure.device.id))
    return Water(gauges, lakes, reader.away)


class _Reader:
    """Reads the last hours of levels, and says when the store does not answer."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._drawn = 0
        self._until = asyncio.get_running_loop().time() + PATIENCE_S
        self._now = centre.clock.now_ms()
        self._terms: Outlook = centre.disaster.plan.outlook
        self.away = False

    def levels(self, device: DeviceView, key: str) -> Sequence[ThresholdView]:
        """The levels of the rules on a point."""
        return self._centre.thresholds(device.gateway, device.id, key)

    async def gauge(self, device: DeviceView, key: str, river: DeviceView | None) -> Gauge | None:
        """A level with its course and drawing; None when the device has no such point."""
        marks = sorted(self.levels(device, key), key=lambda each: each.value)
        found = figure(device, key, marks)
        if found is None:
            return None
        past = await self._past(device, key)
        if found.value is not None and found.point.observed_at and (not past or found.point.observed_at > past[-1][0]):
            past = [*past, (found.point.observed_at, found.value)]
        moving = course(past, self._terms, now=self._now)
        ahead = crossing(moving, [(each.level, each.value) for each in marks], self._terms) if moving else None
        span = Span(self._now - PAST_H * HOUR_MS, self._now, self._now + round(self._terms.ahead_h * HOUR_MS))
        silence = round(self._terms.silence_min * MINUTE_MS)
        drawing = sketch(past, span, marks, course=moving, silence_ms=silence)
        return Gauge(found, marks, moving, ahead, drawing, river)

    async def _past(self, device: DeviceView, key: str) -> Levels:
        if self.away or self._drawn >= MOST_DRAWN:
            return []
        self._drawn += 1
        series = SeriesKey(device.profile, device.gateway, device.id, key)
        begin = self._now - PAST_H * HOUR_MS
        try:
            async with asyncio.timeout_at(self._until):
                buckets = await self._centre.readings.series(series, begin=begin, end=self._now, step_ms=STEP_MS)
        except (StoreUnavailableError, TimeoutError):
            self.away = True
            return []
        return [(min(each.begin + STEP_MS, self._now), each.last) for each in buckets]


def _is_of_sector(centre: Centre, device: DeviceView) -> bool:
    profile = centre.profiles.get(device.profile)
    return profile is not None and profile.sector is Sector.DISASTER
