"""The part of thacba-edge that shows and steers updates of the program: status, check, apply, rollback."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from edge_agent.control.client import SOCKET, ControlClient
from edge_agent.control.protocol import AgentAwayError, ControlError
from edge_agent.updating.record import BY_HAND, FOLDER, Phase, RecordError, Trigger, read_update, stepped, write_update
from edge_agent.updating.standing import status_on_disk

FAILED = 1
update_cli = typer.Typer(no_args_is_help=True, help="Updates of this program.")
Data = Annotated[Path, typer.Option("--data", help="The gateway's data folder.")]
Json = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]
DATA = Path("/var/lib/thacba")


@update_cli.command()
def status(data: Data = DATA, as_json: Json = False) -> None:
    """Show what runs, what is under way, and what was given up and why; works without the agent."""
    said: Mapping[str, object]
    try:
        said = _ask(data, "status")
    except AgentAwayError:
        said = _of_disk(data)
    if as_json:
        typer.echo(json.dumps(said, ensure_ascii=False))
        return
    typer.echo(f"running   {said['running'] or 'nothing (the agent is away)'}")
    typer.echo(f"good      {said['good']}   before it: {said['previous'] or 'none'}")
    if said["phase"] != Phase.IDLE.value:
        typer.echo(f"under way {said['version']}: {said['phase']}{_progress(said['progress'])}")
    if said["reason"]:
        typer.echo(f"{said['version']}: {said['reason']}")
    if said.get("off"):
        typer.echo(f"no updates: {said['off']}")
    failed = said["failed"]
    for version, reason in failed.items() if isinstance(failed, dict) else ():
        typer.echo(f"given up  {version}: {reason}")


@update_cli.command()
def check(data: Data = DATA, folder: Annotated[str, typer.Option("--from", help="Look in this folder.")] = "") -> None:
    """Show which releases there are."""
    said = _told(data, "check", folder=folder)
    newer = _texts(said["newer"])
    for version in _texts(said["releases"]):
        typer.echo(f"{version}{'  new' if version in newer else ''}{'  runs' if version == said['running'] else ''}")
    if not newer:
        typer.echo(f"nothing newer than {said['running']}")


@update_cli.command()
def apply(
    version: Annotated[str, typer.Argument(help="Version; the newest when left out.")] = "",
    data: Data = DATA,
    folder: Annotated[str, typer.Option("--from", help="Folder with a release, such as a USB stick.")] = "",
) -> None:
    """Begin an update; it goes on by itself, also over a restart."""
    said = _told(data, "apply", version=version, folder=str(Path(folder).resolve()) if folder else "")
    typer.echo(f"{said['version']} from {said['from']}: begun; thacba-edge update status")


@update_cli.command()
def rollback(data: Data = DATA) -> None:
    """Give up what is under way, or go back to the version before; without the agent at its next start."""
    try:
        said: Mapping[str, object] = _ask(data, "rollback")
    except AgentAwayError:
        said = _without_agent(data / FOLDER)
    except ControlError as error:
        raise _failure(error) from error
    typer.echo(f"{said['given_up']} is given up, {said['version']} runs next")


def _told(data: Path, action: str, **arguments: str) -> dict[str, object]:
    try:
        return _ask(data, action, **arguments)
    except (AgentAwayError, ControlError) as error:
        raise _failure(error) from error


def _ask(data: Path, action: str, **arguments: str) -> dict[str, object]:
    question = {"action": action, **{name: value for name, value in arguments.items() if value}}
    return asyncio.run(ControlClient(data / SOCKET).ask("update", question))


def _of_disk(data: Path) -> Mapping[str, object]:
    try:
        return status_on_disk(data / FOLDER)
    except RecordError as error:
        raise _failure(error) from error


def _without_agent(updates: Path) -> Mapping[str, object]:
    """Nobody else writes the record now; the launcher acts on it at the next start."""
    try:
        update = read_update(updates)
        trigger = Trigger.RETURN if update.phase is Phase.IDLE and update.previous else Trigger.FAIL
        given_up = update.good if trigger is Trigger.RETURN else update.version
        update = stepped(update, trigger, reason=BY_HAND)
        write_update(updates, update)
    except (RecordError, OSError) as error:
        raise _failure(error) from error
    return {"given_up": given_up, "version": update.good}


def _texts(said: object) -> list[str]:
    return [str(each) for each in said] if isinstance(said, list) else []


def _failure(error: Exception) -> typer.Exit:
    typer.echo(str(error), err=True)
    return typer.Exit(FAILED)


def _progress(progress: object) -> str:
    if not isinstance(progress, dict) or not progress.get("of"):
        return ""
    return f", {progress['bytes'] * 100 // progress['of']} % of {progress['of'] / 1e6:.1f} MB"
