"""`thacba-edge doctor` and `bundle`: what is wrong with this gateway, and everything that helps from far away."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer

from device_profiles.basics import Language
from device_profiles.checkup import Report, as_document, check_up, exit_code, in_words, summary
from edge_agent.control.client import SOCKET, ControlClient
from edge_agent.control.protocol import AgentAwayError, ControlError

Lang = Annotated[Language, typer.Option("--lang", help="vi or en.")]
ConfigFile = Annotated[Path, typer.Option("--config", help="The gateway's file.")]
DataFolder = Annotated[Path | None, typer.Option("--data", help="Data folder, where no file names it.")]
ProfileFolders = Annotated[list[Path] | None, typer.Option("--profiles", help="Folder of own device profiles.")]
DEFAULT_CONFIG = Path("gateway.toml")
LOG_LINES = 1000


def doctor(
    config: ConfigFile = DEFAULT_CONFIG,
    data: DataFolder = None,
    profiles: ProfileFolders = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
    lang: Lang = "vi",
) -> None:
    """Examine this gateway, number by number, with the next step; exit 0 good, 1 warnings, 2 errors."""
    reports = asyncio.run(_examined(config, data, profiles or [], lang="" if as_json else lang))
    typer.echo(json.dumps(as_document(reports), ensure_ascii=False) if as_json else summary(reports, lang))
    raise typer.Exit(exit_code(reports))


def bundle(
    out: Annotated[Path, typer.Argument(help="The archive to write.")] = Path("thacba-bundle.tar.gz"),
    config: ConfigFile = DEFAULT_CONFIG,
    data: DataFolder = None,
    profiles: ProfileFolders = None,
) -> None:
    """Write findings, status, configuration and log, without secrets, into one archive for the centre."""
    from edge_agent.doctor.bundle import write_bundle
    from edge_agent.running import setup_for

    setup = setup_for(config, data=data, profiles=profiles or [])
    reports = asyncio.run(_examined(config, data, profiles or [], lang=""))
    documents = {"doctor": as_document(reports), **asyncio.run(_asked(setup.data_dir))}
    for name in write_bundle(out, setup, documents):
        typer.echo(name)
    typer.echo(f"{out}: {out.stat().st_size // 1024 + 1} kB")


async def _examined(config: Path, data: Path | None, profiles: list[Path], *, lang: Language | str) -> list[Report]:
    from edge_agent.doctor.checks import checks_of
    from edge_agent.doctor.patients import patient_of
    from edge_agent.running import setup_for

    patient = await patient_of(setup_for(config, data=data, profiles=profiles))
    reports = []
    async for report in check_up(list(checks_of(patient))):
        reports.append(report)
        if lang in ("vi", "en"):
            typer.echo("\n".join(in_words(report, "vi" if lang == "vi" else "en")))
    return reports


async def _asked(data_dir: Path) -> dict[str, object]:
    """What the running agent answers; nothing when none runs."""
    answers: dict[str, object] = {}
    client = ControlClient(data_dir / SOCKET)
    for verb, arguments in (("status", {}), ("values", {}), ("identity", {}), ("log_tail", {"lines": LOG_LINES})):
        try:
            answers[verb] = await client.ask(verb, arguments)
        except AgentAwayError:
            return answers
        except ControlError as error:
            answers[verb] = {"refused": str(error)}
    return answers
