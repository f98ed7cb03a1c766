"""The command line of the simulators: `thacba-sim devices`, `demo`, `load`, `exercise` and `province`."""

from __future__ import annotations

import asyncio
import json
import signal
from pathlib import Path
from typing import Annotated

import typer

from device_profiles.load import FileFaultsError, load_catalogue
from simulators.demo import cli as demo
from simulators.exercise.cli import exercise_command
from simulators.fleet import Fleet, load_fleet
from simulators.fleet_config import FleetConfig
from simulators.load.command import load_command
from simulators.province import command as province

WRONG_CONFIGURATION = 2
ADDRESS_TAKEN = 3

app = typer.Typer(
    help="Devices that are not there: real protocols, invented physics.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.command()
def devices(
    config: Annotated[Path, typer.Option(help="File with the devices.")],
    profiles: Annotated[Path | None, typer.Option(help="Folder of device profiles; default: the catalogue.")] = None,
) -> None:
    """Runs the simulated devices of a file until it is told to stop; the first line says where each answers."""
    try:
        catalogue = load_catalogue(*([profiles] if profiles else []))
        fleet = load_fleet(config, catalogue)
    except FileFaultsError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(WRONG_CONFIGURATION) from error
    try:
        asyncio.run(_serve(Fleet(fleet, catalogue), fleet))
    except OSError as error:
        typer.echo(f"{config}: cannot listen: {error}", err=True)
        raise typer.Exit(ADDRESS_TAKEN) from error


def main() -> None:
    """Entry point of `thacba-sim`."""
    app.add_typer(demo.app, name="demo")
    app.command("load")(load_command)
    app.command("exercise")(exercise_command)
    app.add_typer(province.app, name="province")
    app()


async def _serve(fleet: Fleet, config: FleetConfig) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with fleet:
        typer.echo(json.dumps({"event": "ready", "host": config.host, "devices": fleet.addresses}))
        await stop.wait()


if __name__ == "__main__":
    main()
