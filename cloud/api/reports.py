"""Monthly reports on effectiveness, as they were made: their list, one of them, and it on paper and as a table."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response

from cloud.api.deps import Centre, UnknownThingError
from cloud.api.guard import CentreDep
from cloud.api.pages import Cursor, Limit, Page, page_of
from cloud.reports.collect import Line, ModuleLine, MonthlyReport, ReactionLine, verdicts_of
from cloud.reports.figures import Figure, Word, word_of
from cloud.reports.month import Month, month_of
from cloud.reports.operation import Standing, word_for
from cloud.reports.plan import Indicator, Module, Pending, Reaction
from cloud.reports.promise import Promise
from cloud.reports.reactions import Timing, word_on
from cloud.reports.sheet import as_pdf
from cloud.reports.shelf import UnreadableReportError
from cloud.reports.table import as_csv
from cloud.reports.trend import months_until

router = APIRouter(prefix="/api/v1/reports", tags=["reports"])
MonthName = Annotated[str, Path(pattern=r"^20\d\d-(0[1-9]|1[0-2])$", description="Such as 2026-06.")]
Language = Annotated[Literal["vi", "en"], Query(description="vi or en.")]
BYTES = {"schema": {"type": "string", "format": "binary"}}


@dataclass(frozen=True, slots=True)
class LedgerView:
    """What gateways accepted in the month and what came of it; `stored_pct` is empty when nothing was noted."""

    gateways: int
    accepted: int
    stored: int
    dead_lettered: int
    dropped: int
    awaited: int
    stored_pct: float | None


@dataclass(frozen=True, slots=True)
class IndicatorView:
    """An indicator with its definition, the figure of the month and of the one before."""

    definition: Indicator
    now: Figure
    before: Figure
    verdict: Word
    ledger: LedgerView
    trend: list[float | None]


@dataclass(frozen=True, slots=True)
class ModuleView:
    """A module after its hand-over."""

    definition: Module
    now: Standing
    before: Standing
    verdict: Word
    trend: list[float | None]


@dataclass(frozen=True, slots=True)
class ReactionView:
    """How soon people or machines reacted, over so many that ended; `waiting` had not ended when the month did."""

    definition: Reaction
    now: Timing
    before: Timing
    verdict: Word
    trend: list[float | None]


@dataclass(frozen=True, slots=True)
class ReportSummary:
    """A report in a list: how many indicators met their target and how many did not."""

    month: str
    made_at: int
    sha256: str
    met: int
    missed: int
    trend: int
    idle: int
    none: int
    pending: int
    stored_pct: float | None


@dataclass(frozen=True, slots=True)
class ComingView:
    """The report that the centre makes next, and when; all empty when it makes none by itself.

    `trouble`: why the last try failed, at `tried_at`; it tries again each half hour.
    """

    month: str | None
    at: int | None
    trouble: str
    tried_at: int | None


@dataclass(frozen=True, slots=True)
class ReportView:
    """A whole report; `sha256` is the digest of everything that it was worked out from.

    Each `trend` has a value for each of the `months`, oldest first and this one last, or nothing when none is known of
    earlier ones.
    """

    summary: ReportSummary
    months: list[str]
    ledger: LedgerView
    indicators: list[IndicatorView]
    reactions: list[ReactionView]
    modules: list[ModuleView]
    pending: list[Pending]


@router.get("", summary="The reports that were made")
async def list_reports(centre: CentreDep, cursor: Cursor = None, limit: Limit = 100) -> Page[ReportSummary]:
    """Newest month first. A file that cannot be read is left out."""
    return page_of(await kept_reports(centre), _newest_first, cursor=cursor, limit=limit)


@router.get("/next", summary="When the next report is made")
async def next_report(centre: CentreDep) -> ComingView:
    """By the centre itself; an administrator may make one at any time."""
    return await coming_report(centre)


@router.get("/{month}", summary="A monthly report")
async def one_report(month: MonthName, centre: CentreDep) -> ReportView:
    """Every indicator and module, and what has no data yet."""
    return view_of(await report_of(centre, month))


@router.get(
    "/{month}/pdf",
    summary="A monthly report on paper",
    response_class=Response,
    responses={200: {"description": "A4.", "content": {"application/pdf": BYTES}}},
)
async def report_as_pdf(month: MonthName, centre: CentreDep, language: Language = "vi") -> Response:
    """A4, made anew from the kept report."""
    content = await asyncio.to_thread(as_pdf, await report_of(centre, month), language)
    headers = {"Content-Disposition": f'attachment; filename="report-{month}-{language}.pdf"'}
    return Response(content, media_type="application/pdf", headers=headers)


@router.get(
    "/{month}/csv",
    summary="A monthly report as a table",
    response_class=Response,
    responses={200: {"description": "One line for each indicator.", "content": {"text/csv": BYTES}}},
)
async def report_as_csv(month: MonthName, centre: CentreDep) -> Response:
    """UTF-8 with a mark, so that spreadsheets see it."""
    headers = {"Content-Disposition": f'attachment; filename="report-{month}.csv"'}
    content = as_csv(await report_of(centre, month)).encode("utf-8-sig")
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)


async def report_of(centre: Centre, month: str) -> MonthlyReport:
    """The kept report of a month; UnknownThingError."""
    found = await asyncio.to_thread(_read, centre, month_of(month))
    if found is None:
        raise UnknownThingError(f"There is no report of {month}.")
    return found


async def kept_reports(centre: Centre) -> list[ReportSummary]:
    """Every kept report that can be read, newest first."""
    months = await asyncio.to_thread(centre.settings.reports.months)
    found = [await asyncio.to_thread(_read, centre, month) for month in months]
    return [summary_of(each) for each in found if each is not None]


async def coming_report(centre: Centre) -> ComingView:
    """The report that comes next."""
    found = await asyncio.to_thread(centre.settings.coming_report)
    if found is None:
        return ComingView(None, None, "", None)
    return ComingView(str(found.month), found.at, found.trouble, found.tried_at)


def view_of(report: MonthlyReport) -> ReportView:
    """A report as the API shows it."""
    return ReportView(
        summary=summary_of(report),
        months=[str(each) for each in months_until(report.month)],
        ledger=_ledger(report.promise),
        indicators=[_indicator(line) for line in report.lines],
        reactions=[_reaction(line) for line in report.reactions],
        modules=[_module(line) for line in report.modules],
        pending=list(report.pending),
    )


def summary_of(report: MonthlyReport) -> ReportSummary:
    """A report in a list."""
    counts = verdicts_of(report)
    return ReportSummary(
        month=str(report.month),
        made_at=report.made_at,
        sha256=report.sha256,
        met=counts["met"],
        missed=counts["missed"],
        trend=counts["trend"],
        idle=counts["idle"],
        none=counts["none"],
        pending=len(report.pending),
        stored_pct=report.promise.stored_pct,
    )


def _read(centre: Centre, month: Month) -> MonthlyReport | None:
    try:
        return centre.settings.reports.report(month)
    except UnreadableReportError:
        return None


def _newest_first(summary: ReportSummary) -> str:
    """Pages go on behind a rising key: months count down."""
    year, number = map(int, summary.month.split("-"))
    return f"{(9999 - year) * 100 + 12 - number:06}"


def _ledger(promise: Promise) -> LedgerView:
    return LedgerView(
        promise.gateways, promise.accepted, promise.stored, promise.dead_lettered, promise.dropped, promise.awaited,
        promise.stored_pct,
    )  # fmt: skip


def _indicator(line: Line) -> IndicatorView:
    verdict, ledger = word_of(line.indicator, line.now), _ledger(line.promise)
    return IndicatorView(line.indicator, line.now, line.before, verdict, ledger, _trend(line.trend, line.now.value))


def _reaction(line: ReactionLine) -> ReactionView:
    verdict = word_on(line.reaction, line.now)
    return ReactionView(line.reaction, line.now, line.before, verdict, _trend(line.trend, line.now.value))


def _module(line: ModuleLine) -> ModuleView:
    trend = _trend(line.trend, line.now.available_pct)
    return ModuleView(line.module, line.now, line.before, word_for(line.module, line.now), trend)


def _trend(earlier: Sequence[float | None], now: float | None) -> list[float | None]:
    return [*earlier, now] if earlier else []
