"""`thacba-cloud authority`: makes the certificate authority, shows until when it is good, and hands out its root."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cloud.config import load_config
from cloud.console import Config, told
from cloud.enrolment.authority import FOLDER, ROOT_KEY, Authority, make_authority, read_authority
from cloud.enrolment.certificates import AuthorityError
from cloud.enrolment.files import write_public
from cloud.web.present import moment
from device_profiles.clock import SystemClock

app = typer.Typer(no_args_is_help=True, help="The authority that gives gateways their certificates.")


@app.command("init")
def init_command(config: Config) -> None:
    """Makes the authority, once; again changes nothing, and mends what a power cut left unfinished."""
    with told():
        settings = load_config(config)
        folder = settings.data_dir / FOLDER
        authority = make_authority(folder, settings.enrolment.name, now=SystemClock().now_ms())
    _show(authority)
    if (folder / ROOT_KEY).exists():
        typer.echo(f"now take {(folder / ROOT_KEY).parent} away to a safe place, and start the centre again")


@app.command("show")
def show_command(config: Config) -> None:
    """Shows the pin of the root, until when all is good, and whether the root's key still lies here."""
    with told():
        folder = load_config(config).data_dir / FOLDER
        _show(_authority(folder))
    typer.echo(f"root key  {'STILL HERE: take it away' if (folder / ROOT_KEY).exists() else 'away'}")


@app.command("export-root")
def export_command(
    config: Config,
    to: Annotated[Path | None, typer.Option("--to", help="Write it to this file instead.")] = None,
) -> None:
    """Prints the root's certificate: what others must trust. No secret."""
    with told():
        pem = _authority(load_config(config).data_dir / FOLDER).roots_pem
        if to is not None:
            write_public(to, pem)
            return
    typer.echo(pem, nl=False)


def _authority(folder: Path) -> Authority:
    authority = read_authority(folder)
    if authority is None:
        raise AuthorityError("there is no authority yet: thacba-cloud authority init")
    return authority


def _show(authority: Authority) -> None:
    for name, text in (
        ("root", f"until {moment(round(authority.root.not_valid_after_utc.timestamp() * 1000))}"),
        ("issuing", f"until {moment(round(authority.issuing.not_valid_after_utc.timestamp() * 1000))}"),
        ("pin", authority.pin),
    ):
        typer.echo(f"{name:<9} {text}")
