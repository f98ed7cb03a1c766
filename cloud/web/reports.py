"""The pages of the monthly reports on effectiveness: which were made, and each of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from cloud.api.guard import CentreDep
from cloud.api.reports import IndicatorView, MonthName, coming_report, kept_reports, report_of, view_of
from cloud.reports.trend import curve
from cloud.reports.words import counted_shown, range_shown, share_shown, unit_shown
from cloud.web.render import page, taste_of
from device_profiles.schema import Text

WIDTH, HEIGHT, EDGE = 96.0, 28.0, 4.0  # of the line of twelve months, as in reports.css

router = APIRouter(include_in_schema=False)


@router.get("/reports")
async def reports_page(request: Request, centre: CentreDep) -> HTMLResponse:
    """Every report that was made, newest month first."""
    coming = await coming_report(centre)
    return page(request, "reports.html", found=await kept_reports(centre), coming=coming, share=share_in(request))


@router.get("/reports/{month}")
async def report_page(month: MonthName, request: Request, centre: CentreDep) -> HTMLResponse:
    """One report: every indicator with its definition, every module, and what has no data yet."""
    found = view_of(await report_of(centre, month))
    projects = by_project(found.indicators)
    language = taste_of(request).language
    return page(
        request,
        "report.html",
        found=found,
        projects=projects,
        share=share_in(request),
        unit_of=lambda unit: unit_shown(unit, language),
        counted=lambda timing: counted_shown(timing, language),
        range_of=lambda trend, digits: range_shown(trend, digits, language),
        curve_of=lambda trend, target: curve(trend, width=WIDTH, height=HEIGHT, edge=EDGE, target=target),
    )


def share_in(request: Request) -> Callable[[float], str]:
    """How the viewer's language writes per cent that must not look better than they are."""
    language = taste_of(request).language
    return lambda value: share_shown(value, language)


def by_project(indicators: Sequence[IndicatorView]) -> list[tuple[Text, list[IndicatorView]]]:
    """The indicators under their projects, both in the order of the plan."""
    names = [each.definition.project.en for each in indicators]
    ordered = sorted(indicators, key=lambda each: names.index(each.definition.project.en))
    groups = groupby(ordered, key=lambda each: each.definition.project)
    return [(project, list(some)) for project, some in groups]
