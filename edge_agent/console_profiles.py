"""`thacba-edge profiles`: the device models that a gateway knows, and how one more is made."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from device_profiles.explain import Fault
from device_profiles.load import CATALOGUE, Catalogue, FileFaultsError, load_catalogue
from device_profiles.schema import DeviceProfile, Sector
from edge_agent.profiles.answers import Check
from edge_agent.profiles.checking import Verdict, as_document, examine

WRONG = 2  # the exit code of a wrong file

ProfileFolders = Annotated[list[Path] | None, typer.Option("--profiles", help="Folder of own device profiles.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]

profiles_cli = typer.Typer(help="Device models: look them up, check them, make one.", no_args_is_help=True)


@profiles_cli.command(name="list")
def list_(
    words: Annotated[list[str] | None, typer.Argument(help="Words to look for, with or without diacritics.")] = None,
    sector: Annotated[Sector | None, typer.Option("--sector", help="Only this sector.")] = None,
    protocol: Annotated[str, typer.Option("--protocol", help="Only this protocol.")] = "",
    profiles: ProfileFolders = None,
    as_json: AsJson = False,
) -> None:
    """List the device models that this gateway knows."""
    from device_profiles.search import found
    from edge_agent.profiles.listing import summary

    with _faults_told():
        known = _catalogue(profiles).profiles.values()
        kept = [each for each in known if sector in (None, each.sector) and protocol in ("", each.protocol)]
        hits = found(kept, " ".join(words or ()))
        if as_json:
            typer.echo(json.dumps([summary(each) for each in hits], ensure_ascii=False))
            return
        _show_list(hits)


@profiles_cli.command()
def show(profile: str, profiles: ProfileFolders = None, as_json: AsJson = False) -> None:
    """Show one device model: where its points lie, what is believed, when it is sent."""
    from edge_agent.profiles.listing import document
    from edge_agent.profiles.wizard import nearest

    with _faults_told():
        catalogue = _catalogue(profiles)
        if profile not in catalogue.profiles:
            raise FileFaultsError([Fault(profile, "", "is not in the catalogue", nearest(catalogue, profile))])
        if as_json:
            typer.echo(json.dumps(document(catalogue, catalogue[profile]), ensure_ascii=False))
            return
        _show_sheet(catalogue[profile])


@profiles_cli.command()
def check(
    files: Annotated[list[Path], typer.Argument(help="Profile files.")],
    recorded: Annotated[Path | None, typer.Option("--recorded", help="An answer of the device, as JSON.")] = None,
    profiles: ProfileFolders = None,
    as_json: AsJson = False,
) -> None:
    """Check profile files beside the catalogue; with --recorded, say what an agent makes of that answer."""
    catalogue, faults = _catalogue(profiles), list[Fault]()
    verdicts: list[Verdict] = []
    for file in files:
        try:
            verdicts.append(examine(file, catalogue, recorded))
        except FileFaultsError as error:
            faults += error.faults
    if as_json:
        wrong = [{"file": each.file, "key": each.key, "reason": each.reason, "hint": each.hint} for each in faults]
        typer.echo(json.dumps({"good": [as_document(each) for each in verdicts], "faults": wrong}, ensure_ascii=False))
    else:
        for verdict in verdicts:
            _show_verdict(verdict)
        for fault in faults:
            typer.echo(str(fault), err=True)
    if faults:
        raise typer.Exit(WRONG)


@profiles_cli.command()
def new(
    folder: Annotated[Path, typer.Argument(help="Where the file is written.")] = Path(),
    like: Annotated[str, typer.Option("--like", help="A model that measures the same: reports as it.")] = "",
    profiles: ProfileFolders = None,
) -> None:
    """Make a profile file by answering questions."""
    from edge_agent.profiles.wizard import make, nearest

    with _faults_told():
        catalogue = _catalogue(profiles)
        if like and like not in catalogue.profiles:
            raise FileFaultsError([Fault(like, "", "is not in the catalogue", nearest(catalogue, like))])
        name, text = make(_ask, catalogue, like=like)
        path = folder / name
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            reason = "is there already" if isinstance(error, FileExistsError) else str(error.strerror)
            raise FileFaultsError([Fault(str(path), "", reason)]) from error
        typer.echo(f"{path} is written. Next: record one answer of the device as JSON, then")
        typer.echo(f"  thacba-edge profiles check {path} --recorded answer.json")


@profiles_cli.command()
def schema() -> None:
    """Print the JSON Schema of profile files, for editors (in VS Code: Even Better TOML)."""
    from device_profiles.editor_schema import editor_schema

    typer.echo(json.dumps(editor_schema(), ensure_ascii=False, indent=1))


def _show_list(hits: Sequence[DeviceProfile]) -> None:
    from rich.console import Console
    from rich.table import Column, Table

    table = Table(Column("profile", no_wrap=True), "name", "sector", "protocol", "reports as")
    for each in hits:
        table.add_row(
            each.profile, f"{each.name.vi}\n{each.name.en}", each.sector.value, each.protocol, each.reports_as
        )
    console = Console()
    console.print(table)
    console.print(f"{len(hits)} device models")


def _show_sheet(profile: DeviceProfile) -> None:
    from rich.console import Console
    from rich.table import Table

    from edge_agent.profiles.listing import facts, point_row

    console = Console()
    console.print(profile.profile, style="bold", markup=False)
    for name, value in facts(profile):
        console.print(f"  {name:13} {value}", markup=False, highlight=False)
    table = Table("point", "name", "type", "source", "limits", "report")
    for point in profile.points:
        table.add_row(*(cell.replace("[", r"\[") for cell in point_row(point)))
    console.print(table)


def _show_verdict(verdict: Verdict) -> None:
    typer.echo(f"{verdict.profile.profile}: good, {len(verdict.profile.points)} points")
    for question in verdict.questions:
        typer.echo(f"  ? {question}")
    for key, reading in verdict.told.readings.items() if verdict.told else ():
        typer.echo(f"  {key:24} {'' if reading.value is None else reading.value} {reading.quality or 'good'}")


def _ask(question: str, usual: str | None, wrong: Check) -> str:
    """Asks until the answer is good; the end of the input ends the program."""
    while True:
        given = str(typer.prompt(question, default=usual, show_default=bool(usual))).strip()
        if not (reason := wrong(given)):
            return given
        typer.echo(f"  {reason}")


def _catalogue(profiles: Sequence[Path] | None) -> Catalogue:
    return load_catalogue(CATALOGUE, *(profiles or ()))


@contextmanager
def _faults_told() -> Iterator[None]:
    try:
        yield
    except FileFaultsError as error:
        typer.echo(str(error), err=True)
        sys.exit(WRONG)
