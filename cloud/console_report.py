"""`thacba-cloud report month`: the monthly report on effectiveness as PDF and CSV, from the configured stores."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cloud.config import CentreConfig, load_config
from cloud.console import Config, opened_state, told
from cloud.errors import CloudError, ConfigurationError
from cloud.reporting import sources_of
from cloud.reports.collect import MonthlyReport, monthly_report
from cloud.reports.month import Month, month_of
from cloud.reports.plan import ReportPlan, read_report_plan
from cloud.reports.sheet import as_pdf
from cloud.reports.shelf import FOLDER, ReportShelf
from cloud.reports.table import as_csv
from cloud.stores import embedded_files, open_readings
from device_profiles.clock import SystemClock

app = typer.Typer(no_args_is_help=True, help="Reports on effectiveness.")


class ReportLanguage(StrEnum):
    """The language of the printed report."""

    VI = "vi"
    EN = "en"


@app.callback()
def report() -> None:
    """Keeps `month` a word of its own."""


@app.command("month")
def month_command(
    month: Annotated[str, typer.Argument(help="The month, such as 2024-06.")],
    config: Config,
    out: Annotated[Path, typer.Option("--out", help="The folder for the files.")] = Path(),
    plan: Annotated[Path | None, typer.Option("--plan", help="Another file of indicators.")] = None,
    language: Annotated[ReportLanguage, typer.Option("--language", help="Of the PDF.")] = ReportLanguage.VI,
) -> None:
    """Works out the indicators of a month that is over, writes them as PDF and CSV, and keeps them for the pages."""
    with told():
        wanted, settings = month_of(month), load_config(config)
        indicators = read_report_plan(plan or settings.reports.plan)
        now = SystemClock().now_ms()
        if wanted.end > now:
            raise ConfigurationError(f"{month}: is not over yet")
        shelf = ReportShelf(settings.data_dir / FOLDER)
        made = asyncio.run(_made(settings, config, indicators, wanted, shelf=shelf))
        shelf.put(made)
        out.mkdir(parents=True, exist_ok=True)
        pdf, table = out / f"report-{made.month}-{language}.pdf", out / f"report-{made.month}.csv"
        pdf.write_bytes(as_pdf(made, language.value))
        table.write_text(as_csv(made), encoding="utf-8-sig", newline="")  # a spreadsheet must see that it is UTF-8
    typer.echo(f"{pdf}\n{table}\ninputs: {made.sha256}")


async def _made(
    settings: CentreConfig, config: Path, plan: ReportPlan, month: Month, *, shelf: ReportShelf
) -> MonthlyReport:
    clock = SystemClock()
    files = embedded_files(settings)
    if files and not files[0].exists():
        raise NoReadingsError(f"{files[0]}: there are no readings yet; is data_dir right?")
    with opened_state(config) as state:
        store, _ = open_readings(settings, clock)
        try:
            if files:
                await store.open()
            sources = await sources_of(store, state, shelf, month)
            return await monthly_report(plan, month, sources, made_at=clock.now_ms())
        finally:
            await store.close()


class NoReadingsError(CloudError):
    """The configured store is not there."""
