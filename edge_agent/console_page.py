"""The part of thacba-edge that serves the gateway's own page and makes the code of its label."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from device_profiles.clock import SystemClock
from device_profiles.load import FileFaultsError
from edge_agent.connector import EdgeError
from edge_agent.logs import LogFormat, start_logging

DEFAULT_DATA = Path("/var/lib/thacba")
PORT = 8090
FAILED, WRONG = 1, 2  # exit codes, as everywhere in thacba-edge

page_cli = typer.Typer(invoke_without_command=True, help="The gateway's own page, for a technician's phone.")
Data = Annotated[Path, typer.Option("--data", help="The gateway's data folder.")]


@page_cli.callback()
def page(
    context: typer.Context,
    data: Data = DEFAULT_DATA,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "0.0.0.0",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port to listen on; 0 takes a free one.")
    ] = PORT,
    profiles: Annotated[list[Path] | None, typer.Option("--profiles", help="Folder of own device profiles.")] = None,
    network: Annotated[
        list[str] | None, typer.Option("--network", help="Where to search for devices; default: all own networks.")
    ] = None,
    modbus_port: Annotated[
        list[int] | None, typer.Option("--modbus-port", help="Modbus TCP ports to search; default 502.")
    ] = None,
    log_form: Annotated[LogFormat, typer.Option("--log", help="Form of the log.")] = "plain",
) -> None:
    """Serve the gateway's own page until SIGTERM or Ctrl-C; it needs neither the agent nor the centre."""
    if context.invoked_subcommand is not None:
        context.obj = data
        return
    from edge_agent.page.serving import Wishes, serve

    start_logging(log_form, "info")
    try:
        wishes = Wishes(host, port, tuple(profiles or ()), tuple(network or ()), tuple(modbus_port or ()))
        serve(data, wishes)
    except FileFaultsError as error:
        typer.echo(str(error), err=True)
        sys.exit(WRONG)
    except (EdgeError, OSError) as error:
        typer.echo(str(error), err=True)
        sys.exit(FAILED)


@page_cli.command()
def code(
    context: typer.Context,
    new: Annotated[bool, typer.Option("--new", help="Make a new code; the old one stops working.")] = False,
    data: Annotated[Path | None, typer.Option("--data", help="The gateway's data folder.")] = None,
) -> None:
    """Say whether the box has a code, or make a new one: it is shown once, and written to the label."""
    from edge_agent.page.access import AccessBook
    from edge_agent.page.label import label_text

    book = AccessBook(data or context.obj, SystemClock())
    if new:
        made = book.new_code(label_text())
        typer.echo(f"{made[:4]} {made[4:]}")
        typer.echo(f"label: {book.label} (print it, stick it inside the cabinet, delete the file)", err=True)
    elif book.has_code:
        typer.echo("this box has a code; `thacba-edge page code --new` makes another one")
    else:
        typer.echo("this box has no code yet; `thacba-edge page code --new` makes one")
