"""`thacba-cloud release`: makes and signs releases of the gateway program, and puts them where gateways fetch them."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from cloud.config import load_config
from cloud.console import Config, Json, table, told
from cloud.keys import public_text
from cloud.releases.making import Wishes, make_key, make_release, read_key, sign_folder
from cloud.releases.shelf import FOLDER, Shelf
from cloud.web.present import moment
from device_profiles.clock import SystemClock

app = typer.Typer(no_args_is_help=True, help="Releases of the gateway program.")
Folder = Annotated[Path, typer.Argument(help="Folder with the wheels of one release.")]
KeyFile = Annotated[Path, typer.Option("--key", help="File of the release key; keep it off the centre.")]
HEADS = ("version", "from", "made", "files", "bytes", "note")


@app.command("key")
def key_command(key: KeyFile) -> None:
    """Makes a release key in a new file, and prints its public half for the gateways ([updates] release_key)."""
    with told():
        typer.echo(public_text(make_key(key)))


@app.command("make")
def make_command(
    folder: Folder,
    minimum: Annotated[str, typer.Option("--minimum", help="Oldest version that it may replace.")],
    note_vi: Annotated[str, typer.Option("--note-vi", help="What is new, in Vietnamese.")] = "",
    note_en: Annotated[str, typer.Option("--note-en", help="What is new, in English.")] = "",
) -> None:
    """Writes the manifest of the wheels in a folder; version and outbox are read from our own wheel."""
    with told():
        release = make_release(folder, Wishes(minimum, note_vi, note_en), made_at=SystemClock().now_ms())
    typer.echo(f"{release.version}: {len(release.files)} files, {sum(file.size for file in release.files):,} bytes")


@app.command("sign")
def sign_command(folder: Folder, key: KeyFile) -> None:
    """Signs the manifest of a folder; from then on gateways that know the key may take it."""
    with told():
        release = sign_folder(folder, read_key(key))
    typer.echo(f"{release.version}: signed")


@app.command("add")
def add_command(
    folder: Folder,
    config: Config,
    public: Annotated[str, typer.Option("--public", help="Public half of the release key: checked here, too.")] = "",
) -> None:
    """Offers a signed release to the gateways; each still checks the signature itself."""
    with told():
        release = Shelf(load_config(config).data_dir / FOLDER).add(folder, key_text=public)
    typer.echo(f"{release.version}: offered")


@app.command("list")
def list_command(config: Config, as_json: Json = False) -> None:
    """Lists the releases that gateways can fetch, newest first."""
    with told():
        offers = Shelf(load_config(config).data_dir / FOLDER).offers()
    if as_json:
        typer.echo(json.dumps([asdict(offer) for offer in offers], ensure_ascii=False))
        return
    rows = [(each.version, each.minimum, moment(each.made_at), each.files, each.size, each.note_en) for each in offers]
    typer.echo(table(HEADS, rows))
