"""The command line of configurations: thacba-edge status, plan, apply, confirm, rollback, over the control socket."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from device_profiles.load import FileFaultsError, parse_table, read_text
from edge_agent.config import data_dir_of
from edge_agent.configuring.merging import OF_THE_BOX
from edge_agent.control.client import SOCKET, ControlClient
from edge_agent.control.protocol import AgentAwayError, ControlError

TABLES = ("devices", "broker", "outbox", "listen", "gateway")
FAILED, WRONG = 1, 2

ConfigFile = Annotated[Path, typer.Option("--config", help="The gateway's file, which says where its data lie.")]
DataFolder = Annotated[Path | None, typer.Option("--data", help="The gateway's data folder, when no file says it.")]
AsJson = Annotated[bool, typer.Option("--json", help="The answer as JSON.")]
NewFile = Annotated[Path, typer.Argument(help="Tables as in gateway.toml (TOML or JSON), or what the centre signed.")]
DEFAULT_CONFIG = Path("gateway.toml")


def status(config: ConfigFile = DEFAULT_CONFIG, data: DataFolder = None, as_json: AsJson = False) -> None:
    """Say how the running agent does, and what is wrong."""
    said = _ask("status", {}, config, data)
    if as_json:
        _show(said)
        return
    link, standing = _part(said, "link"), _part(said, "configuration")
    typer.echo(f"gateway        {said.get('gateway') or '(has not joined)'}, {said.get('agent')}")
    typer.echo(f"configuration  {_standing(standing)}")
    for fault in _items(standing, "faults"):
        typer.echo(f"  wrong        {fault.get('file')}: {fault.get('key')} {fault.get('reason')}")
    typer.echo(
        f"link           {'up' if link.get('up') else link.get('fault') or 'not tried yet'} {link.get('broker')}"
    )
    typer.echo(f"waits          {_part(said, 'backlog').get('readings')} readings, clock {said.get('clock')}")
    for device in _items(said, "devices"):
        typer.echo(f"device         {device.get('id')}: {device.get('fault') or 'good'}")


def plan(new: NewFile, config: ConfigFile = DEFAULT_CONFIG, data: DataFolder = None, as_json: AsJson = False) -> None:
    """Say what a configuration would change, in Vietnamese and English; nothing is changed."""
    said = _ask("plan", {"configuration": _document(new)}, config, data)
    _show(said) if as_json else _show_changes(said)


def apply(
    new: NewFile,
    confirm_within_s: Annotated[
        float, typer.Option("--confirm-within", help="Seconds until it is given up, when link or devices are not back.")
    ] = 300,
    config: ConfigFile = DEFAULT_CONFIG,
    data: DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """Try a configuration on the running agent. It is confirmed, or given up, by itself."""
    arguments = {"configuration": _document(new), "confirm_within_s": confirm_within_s}
    said = _ask("apply", arguments, config, data)
    if as_json:
        _show(said)
        return
    _show_changes(_part(said, "changes"))
    typer.echo(f"configuration  {_standing(said)}")


def confirm(config: ConfigFile = DEFAULT_CONFIG, data: DataFolder = None) -> None:
    """Say that what is being tried is good."""
    typer.echo(f"configuration  {_standing(_ask('confirm', {}, config, data))}")


def rollback(config: ConfigFile = DEFAULT_CONFIG, data: DataFolder = None) -> None:
    """Go back from what is being tried, or was confirmed last, to what was good before."""
    typer.echo(f"configuration  {_standing(_ask('rollback', {}, config, data))}")


def add_to(cli: typer.Typer) -> None:
    """Offers these commands."""
    for command in (status, plan, apply, confirm, rollback):
        cli.command()(command)


def _ask(verb: str, arguments: Mapping[str, object], config: Path, data: Path | None) -> dict[str, object]:
    try:
        return asyncio.run(ControlClient(data_dir_of(config, data) / SOCKET).ask(verb, arguments))
    except FileFaultsError as error:
        typer.echo(str(error), err=True)
        sys.exit(WRONG)
    except (AgentAwayError, ControlError) as error:
        typer.echo(str(error), err=True)
        sys.exit(FAILED)


def _document(path: Path) -> dict[str, object]:
    """The tables of a file that a configuration may hold; who the box is stays with the box."""
    try:
        text = read_text(path)
        said = json.loads(text) if path.suffix == ".json" else parse_table(text, file=str(path))
    except (FileFaultsError, ValueError) as error:
        typer.echo(f"{path}: {error}", err=True)
        sys.exit(WRONG)
    if not isinstance(said, dict) or "signature" in said or "settings" in said:
        return said if isinstance(said, dict) else {}
    tables = {name: said[name] for name in TABLES if name in said}
    if isinstance(tables.get("gateway"), dict):
        tables["gateway"] = {key: value for key, value in tables["gateway"].items() if key not in OF_THE_BOX}
    return {"settings": tables}


def _standing(said: Mapping[str, object]) -> str:
    number = f"version {said.get('version')}" if said.get("version") else "gateway.toml alone"
    parts = [f"{number} ({said.get('source')}, {said.get('hash')}): {said.get('state')}"]
    if said.get("reason"):
        parts.append(f"version {said.get('tried')} was given up: {said.get('reason')}")
    if said.get("missing"):
        parts.append(f"waits for {said.get('missing')}, {said.get('seconds_left')} s left")
    return "; ".join(parts)


def _show_changes(changes: Mapping[str, object]) -> None:
    for language in ("vi", "en"):
        lines = changes.get(language)
        for line in lines if isinstance(lines, Sequence) else ():
            typer.echo(f"{language}  {line}")


def _show(said: Mapping[str, object]) -> None:
    typer.echo(json.dumps(said, ensure_ascii=False, indent=2))


def _part(said: Mapping[str, object], name: str) -> Mapping[str, object]:
    found = said.get(name)
    return found if isinstance(found, Mapping) else {}


def _items(said: Mapping[str, object], name: str) -> list[Mapping[str, object]]:
    found = said.get(name)
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []
