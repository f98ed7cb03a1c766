"""The command line of the gateway program: thacba-edge run, once, try, check, discover, join, identity, page."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from device_profiles.clock import SystemClock
from device_profiles.load import CATALOGUE, Catalogue, FileFaultsError, load_catalogue
from edge_agent.config import ListenConfig, load_gateway
from edge_agent.connector import EdgeError
from edge_agent.console_configuration import add_to
from edge_agent.console_discover import discover
from edge_agent.console_doctor import bundle, doctor
from edge_agent.console_join import identity_cli, join
from edge_agent.console_page import page_cli
from edge_agent.console_profiles import profiles_cli
from edge_agent.console_update import update_cli
from edge_agent.device import Device, Surroundings
from edge_agent.logs import LogFormat, start_logging
from edge_agent.planning import Plan, plan_for
from edge_agent.registry import build_connectors
from edge_agent.secrets_there import secret_faults

log = logging.getLogger(__name__)

FAILED, WRONG = 1, 2  # exit codes: something did not work; the configuration is wrong

cli = typer.Typer(
    help="Thacba gateway agent.", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)
ConfigFile = Annotated[Path, typer.Option("--config", help="The gateway's file.")]
DataFolder = Annotated[
    Path | None, typer.Option("--data", help="The gateway's data folder, when the file does not say it.")
]
ProfileFolders = Annotated[list[Path] | None, typer.Option("--profiles", help="Folder of own device profiles.")]
LogForm = Annotated[LogFormat, typer.Option("--log", help="Form of the log.")]
LogLevel = Annotated[str, typer.Option("--log-level", help="debug, info, warning or error.")]
DEFAULT_CONFIG = Path("gateway.toml")


@cli.command()
def run(
    config: ConfigFile = DEFAULT_CONFIG,
    data: DataFolder = None,
    profiles: ProfileFolders = None,
    log_form: LogForm = "plain",
    log_level: LogLevel = "info",
) -> None:
    """Read the devices and carry their readings to the centre, until SIGTERM or Ctrl-C.

    A file that is missing or wrong does not end it: the last good configuration runs, and `status` says what is wrong.
    """
    from edge_agent.running import run_gateway, setup_for

    with _errors_explained():
        start_logging(log_form, log_level)
        setup = setup_for(config, data=data, profiles=profiles or ())
        asyncio.run(run_gateway(setup, signals=(signal.SIGTERM, signal.SIGINT)))


@cli.command()
def once(config: ConfigFile = DEFAULT_CONFIG, profiles: ProfileFolders = None) -> None:
    """Read every device once and show a table; needs no broker."""
    with _errors_explained():
        start_logging("plain", "error")
        plan = _plan(config, profiles)
        _read_and_show(plan.devices, plan.config.gateway.data_dir)


@cli.command(name="try")
def try_(
    url: Annotated[
        str,
        typer.Argument(
            help="modbus://host:port/unit?profile=..., sdi12:///dev/..., mqtt://host/name, "
            "snmp://host, opc.tcp://host, bacnet://host/device, http://..., rtsp://..."
        ),
    ],
    profile: Annotated[str, typer.Option("--profile", help="Device model.")] = "",
    profiles: ProfileFolders = None,
) -> None:
    """Read the device at this address once; needs no configuration."""
    from edge_agent.trying import device_at

    with _errors_explained():
        start_logging("plain", "error")
        _read_and_show([device_at(url, _catalogue(profiles), profile=profile)], Path.cwd())


@cli.command()
def check(config: ConfigFile = DEFAULT_CONFIG, profiles: ProfileFolders = None) -> None:
    """Check the configuration and everything that it names, secrets too, without connecting to anything."""
    with _errors_explained():
        plan = _plan(config, profiles)
        faults = list(secret_faults(plan.config, file=str(config)))
        if faults:
            raise FileFaultsError(faults)
        typer.echo(f"{config}: good, {len(plan.devices)} devices, configuration {plan.version}")


cli.command()(discover)
cli.command()(join)
cli.add_typer(identity_cli, name="identity")
cli.add_typer(page_cli, name="page")
cli.add_typer(profiles_cli, name="profiles")
cli.add_typer(update_cli, name="update")
add_to(cli)
cli.command()(doctor)
cli.command()(bundle)


def main() -> None:
    """Entry point of the console script."""
    cli(prog_name="thacba-edge")


def _read_and_show(devices: Sequence[Device], data_dir: Path) -> None:
    from rich.console import Console

    from edge_agent.once import Outcome, read_once
    from edge_agent.table import show

    async def read() -> list[Outcome]:
        clock = SystemClock()
        listen = ListenConfig.model_validate({})
        connectors = build_connectors(devices, Surroundings(listen, data_dir, clock, looks_only=True))
        return await read_once(devices, connectors, clock)

    outcomes = asyncio.run(read())
    show(outcomes, Console())
    if not all(outcome.answered for outcome in outcomes):
        raise typer.Exit(FAILED)


def _plan(config: Path, profiles: Sequence[Path] | None) -> Plan:
    return plan_for(load_gateway(config), _catalogue(profiles), file=str(config))


def _catalogue(profiles: Sequence[Path] | None) -> Catalogue:
    """The packaged models and the province's own."""
    return load_catalogue(CATALOGUE, *(profiles or ()))


@contextmanager
def _errors_explained() -> Iterator[None]:
    """A wrong configuration ends with 2 and one line per fault, everything else that we foresee with 1."""
    try:
        yield
    except FileFaultsError as error:
        typer.echo(str(error), err=True)
        sys.exit(WRONG)
    except EdgeError as error:
        typer.echo(str(error), err=True)
        sys.exit(FAILED)


if __name__ == "__main__":
    main()
