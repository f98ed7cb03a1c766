"""`thacba-cloud doctor`: what is wrong with the centre, and what to do next."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated

import typer

from cloud.config import CentreConfig, load_config
from cloud.console import Config, Json
from cloud.doctor.checks import checks_of
from device_profiles.basics import Language
from device_profiles.checkup import Report, as_document, check_up, exit_code, in_words, summary
from device_profiles.clock import SystemClock
from device_profiles.load import FileFaultsError

Lang = Annotated[Language, typer.Option("--lang", help="vi or en.")]


def doctor_command(config: Config, as_json: Json = False, lang: Lang = "en") -> None:
    """Checks the centre and its servers, number by number; exit 0 good, 1 warnings, 2 errors."""
    try:
        known: CentreConfig | None = load_config(config)
    except FileFaultsError:
        known = None  # the first check says why

    async def examine() -> list[Report]:
        reports = []
        async for report in check_up(list(checks_of(config, known, SystemClock()))):
            reports.append(report)
            if not as_json:
                typer.echo("\n".join(in_words(report, lang)))
        return reports

    reports = asyncio.run(examine())
    typer.echo(json.dumps(as_document(reports), ensure_ascii=False) if as_json else summary(reports, lang))
    raise typer.Exit(exit_code(reports))
