"""`thacba-cloud backup` and `restore`: a centre as one file, and back on an empty machine."""

from __future__ import annotations

import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from cloud.backup.restoring import Target, examined, restore, settings_back
from cloud.backup.taking import Source, take
from cloud.config import load_config
from cloud.console import Config, told
from cloud.errors import ConfigurationError
from cloud.stores import embedded_files, open_copy
from device_profiles.clock import SystemClock

Passphrase = Annotated[
    Path | None, typer.Option("--passphrase-file", help="File with the passphrase that seals keys and passwords.")
]
MEGABYTE = 1_000_000


def backup(
    config: Config,
    to: Annotated[Path, typer.Option("--to", help="The archive; replaced when it is there.")],
    passphrase_file: Passphrase = None,
    without_secrets: Annotated[
        bool, typer.Option("--without-secrets", help="Leave keys and passwords out: they are kept elsewhere.")
    ] = False,
    without_readings: Annotated[
        bool, typer.Option("--without-readings", help="Leave the embedded store of readings out.")
    ] = False,
) -> None:
    """Writes the whole centre into one file, while it runs: state, files, settings, embedded readings."""
    with told():
        if passphrase_file is None and not without_secrets:
            raise ConfigurationError("give --passphrase-file, or say --without-secrets")
        settings = load_config(config)
        copy = open_copy(settings)
        source = Source(
            copy=copy,
            data=settings.data_dir,
            settings=config.resolve().parent,
            readings=() if without_readings else embedded_files(settings),
            version=version("thacba"),
        )
        try:
            manifest = take(source, to, passphrase=_passphrase(passphrase_file), now=SystemClock().now_ms())
        finally:
            copy.close()
        size = to.stat().st_size / MEGABYTE
    typer.echo(f"{to}: {len(manifest.parts)} parts, {size:.1f} MB" + ("" if manifest.secrets else ", no secrets"))


def restore_command(
    archive: Annotated[Path, typer.Argument(help="What `thacba-cloud backup` wrote.")],
    config: Config,
    passphrase_file: Passphrase = None,
    without_secrets: Annotated[
        bool, typer.Option("--without-secrets", help="Go on without keys and passwords: they come from elsewhere.")
    ] = False,
) -> None:
    """Makes the centre of an archive on a machine with an empty data folder and an empty state database.

    Settings that are not there are put beside the file of --config first: look at addresses in them before serving.
    """
    with told():
        passphrase = _passphrase(passphrase_file)
        manifest = examined(archive)
        if manifest.secrets and not passphrase and not without_secrets:
            raise ConfigurationError("give --passphrase-file: without its keys no gateway obeys this centre")
        left = settings_back(archive, config.resolve().parent, passphrase=passphrase)
        settings = load_config(config)
        copy = open_copy(settings)
        try:
            target = Target(settings.data_dir, embedded_files(settings))
            rows = restore(archive, manifest, target, copy, passphrase=passphrase)
        finally:
            copy.close()
    made = datetime.datetime.fromtimestamp(manifest.made_at / 1000, datetime.UTC)
    typer.echo(f"restored as of {made:%Y-%m-%d %H:%M} UTC: {rows:,} rows of state, schema {manifest.revision}")
    for path in left:
        typer.echo(f"left alone: {path}")


def _passphrase(file: Path | None) -> str:
    if file is None:
        return ""
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file}: cannot be read as a passphrase ({error})") from error
