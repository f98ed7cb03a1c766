"""The pages of the sectors: all at a glance, and one with its figures, charts, devices, alarms and rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi import Path as InPath
from fastapi.responses import HTMLResponse

from cloud.api.guard import CentreDep
from cloud.api.sectors import plan_of, plans_of, rules_of
from cloud.sectors.plan import Chart, SectorPlan
from cloud.sectors.standing import FigureStanding, Fleet
from cloud.web import present
from cloud.web.pages import device_names, site_names
from cloud.web.render import page, taste_of
from cloud.web.words import Language, said
from device_profiles.schema import Key

router = APIRouter(include_in_schema=False)
HEADLINES = 3  # figures of a sector that stand on the page of all
MOST_DEVICES, MOST_ALARMS, LINES = 20, 20, 6
DAY_MS = 86_400_000
WHOLE = ("{count}", "[ppm]", "/h", "{VND}")  # units that nobody reads with decimals


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chart with its lines: those devices that need a look first, out of so many."""

    chart: Chart
    unit: str
    silence_ms: int
    lines: Sequence[dict[str, str]]
    of: int


@router.get("/sectors")
async def sectors_page(request: Request, centre: CentreDep) -> HTMLResponse:
    """Every sector with its worst alarm, its devices and its first figures."""
    fleet = await centre.sector_fleet()
    standings = [fleet.standing(plan) for plan in plans_of(centre)]
    return page(
        request,
        "sector_list.html",
        standings=[each for each in standings if each.devices],
        empty=[each.plan for each in standings if not each.devices],
        headlines=HEADLINES,
        figure_value=_figure_value(taste_of(request).language),
    )


@router.get("/sectors/{sector}")
async def sector_page(request: Request, sector: Annotated[Key, InPath()], centre: CentreDep) -> HTMLResponse:
    """One sector, worst things first."""
    plan = plan_of(centre, sector)
    fleet = await centre.sector_fleet()
    language = taste_of(request).language
    alarms, troubles = fleet.alarms(plan), fleet.troubles(plan)
    shown = [each for each in troubles if not each.is_well][:MOST_DEVICES]
    return page(
        request,
        "sector.html",
        standing=fleet.standing(plan),
        alarms=alarms[:MOST_ALARMS],
        more_alarms=len(alarms) - len(alarms[:MOST_ALARMS]),
        troubles=shown,
        more_troubles=sum(not each.is_well for each in troubles) - len(shown),
        charts=charts_of(plan, fleet, language),
        span=DAY_MS,
        rules=rules_of(centre, plan),
        models={name: profile.name for name in plan.profiles if (profile := centre.profiles.get(name))},
        figure_value=_figure_value(language),
        site_names=site_names(centre),
        device_names=device_names(centre),
    )


def charts_of(plan: SectorPlan, fleet: Fleet, language: Language) -> list[Drawn]:
    """The charts of a sector that have a device to show."""
    found = []
    for chart in plan.charts:
        devices, of = fleet.chart_devices(chart.profile, most=LINES)
        points = [point for device in devices for point in device.points if point.key == chart.point]
        if points:
            lines = [
                {"gateway": each.gateway, "device": each.id, "name": said(each.name, language)} for each in devices
            ]
            found.append(Drawn(chart, points[0].unit, points[0].stale_after_ms, lines, of))
    return found


def _figure_value(language: Language) -> Callable[[FigureStanding], str]:
    """Writes a figure as text, without its unit."""

    def write(standing: FigureStanding) -> str:
        if standing.value is None:
            return "–"
        digits = 0 if standing.figure.how == "count" or standing.unit in WHOLE else present.DIGITS.get(standing.unit)
        if digits == 0 and standing.met is not None and not standing.value.is_integer():
            digits = 1  # 15,4 beside "at most 15" must not read as 15
        return present.number(standing.value, language, digits=digits)

    return write
