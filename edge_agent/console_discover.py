"""The part of thacba-edge that looks for devices around the gateway."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import typer

from device_profiles.load import CATALOGUE, load_catalogue
from edge_agent.connector import EdgeError
from edge_agent.control.client import SOCKET, ControlClient
from edge_agent.control.protocol import AgentAwayError
from edge_agent.discovery.finding import KINDS, Finding, Kind, Progress, Scope

LAST_UNIT = 247
DATA = Path("/var/lib/thacba")


def discover(
    network: Annotated[
        list[str] | None, typer.Option("--network", help="Own network or one address; default: all own ones.")
    ] = None,
    kind: Annotated[list[str] | None, typer.Option("--kind", help=f"One of {', '.join(KINDS)}; default: all.")] = None,
    serial_port: Annotated[list[str] | None, typer.Option("--serial-port", help="Only these serial ports.")] = None,
    units: Annotated[str, typer.Option("--units", help="Modbus units: 1-32, or 3,5,17.")] = "1-32",
    port: Annotated[list[int] | None, typer.Option("--modbus-port", help="Modbus TCP ports; default 502.")] = None,
    data: Annotated[Path, typer.Option("--data", help="Data folder of the agent: its devices are left alone.")] = DATA,
    profiles: Annotated[list[Path] | None, typer.Option("--profiles", help="Folder of own device profiles.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per finding.")] = False,
) -> None:
    """Look for devices around this gateway: reads only, slowly, and only in its own private networks."""
    from edge_agent.discovery.networks import own_networks, scope_of, too_large

    try:
        busy = _in_use(data / SOCKET)
        base = Scope(kinds=_kinds(kind), units=_units(units), serial_ports=tuple(serial_port or ()), busy=busy)
        scope = scope_of(network or (), base=replace(base, modbus_ports=tuple(port or base.modbus_ports)))
    except EdgeError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    if not network:
        for large in too_large(own_networks()):
            typer.echo(f"{large} is large and left out: name a part of it with --network", err=True)
    if not scope.networks:
        typer.echo("this gateway has no private network to look into: name one with --network", err=True)
    findings, notes = asyncio.run(_search(scope, profiles or (), as_json=as_json))
    if not as_json:
        _show(findings)
    for note in notes:
        typer.echo(note, err=True)


async def _search(scope: Scope, profiles: Sequence[Path], *, as_json: bool) -> tuple[list[Finding], list[str]]:
    from edge_agent.discovery.scan import scan

    findings: list[Finding] = []
    notes: dict[str, None] = {}
    async with aclosing(scan(scope, load_catalogue(CATALOGUE, *profiles))) as news:
        async for item in news:
            if isinstance(item, Progress):
                notes |= {f"{item.kind}: {item.note}": None} if item.total == item.done == 0 and item.note else {}
                continue
            findings.append(item)
            if as_json:
                typer.echo(json.dumps(asdict(item), ensure_ascii=False))
    return findings, list(notes)


def _show(findings: Sequence[Finding]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("kind", "address", "what it is", "models that fit")
    for finding in findings:
        table.add_row(finding.kind, finding.address, finding.what, "\n".join(finding.profiles))
    console = Console()
    console.print(table, markup=False)
    console.print(f"{len(findings)} found")


def _kinds(wanted: Sequence[str] | None) -> tuple[Kind, ...]:
    unknown = [each for each in wanted or () if each not in KINDS]
    if unknown:
        raise EdgeError(f"{unknown[0]!r} is no kind: {', '.join(KINDS)}")
    return tuple(each for each in KINDS if not wanted or each in wanted)


def _units(text: str) -> tuple[int, ...]:
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        if not first.isdecimal() or not (last or "0").isdecimal():
            raise EdgeError(f"{text!r} names no units: write 1-32, or 3,5,17")
        found += range(int(first), int(last or first) + 1)
        if not found or max(found) > 255 or len(found) > LAST_UNIT:
            raise EdgeError(f"{text!r}: units are 0 to 255, and at most {LAST_UNIT} of them")
    return tuple(dict.fromkeys(found))


def _in_use(agent: Path) -> frozenset[str]:
    """The doors of the running agent, which says itself what it reads: two masters on a line spoil each other."""
    try:
        if not agent.exists():
            return frozenset()
        return asyncio.run(_told_by(agent))
    except AgentAwayError as error:
        if os.access(agent, os.W_OK):
            return frozenset()  # what a dead agent left behind
        raise EdgeError(f"{agent}: the agent may be running, and you may not ask it what it uses") from error
    except PermissionError as error:
        raise EdgeError(f"{agent}: you may not see whether the agent runs, and what it uses") from error


async def _told_by(agent: Path) -> frozenset[str]:
    from edge_agent.config import DeviceConfig
    from edge_agent.discovery.busy import busy_of

    settings = (await ControlClient(agent).ask("configuration")).get("settings")
    devices = settings.get("devices", []) if isinstance(settings, dict) else []
    return busy_of(DeviceConfig.model_validate(device).connection for device in devices)
