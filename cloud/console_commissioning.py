"""`thacba-cloud commissioning`: what was installed, through the running centre's API."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from cloud.commissioning.telling import expected_of, moment, value_of
from cloud.console import Config, Json, table, told
from cloud.console_api import Url, running_centre
from device_profiles.basics import Language
from device_profiles.wire import decode
from device_profiles.wire.commissioning import RECORD_LIMITS, CommissioningRecord

PATH = "/api/v1/commissioning"
HEADS = ("id", "gateway", "site", "verdict", "installed by", "ended", "devices", "photos")
VALUES = ("device", "point", "value", "expected", "verdict")
app = typer.Typer(no_args_is_help=True, help="Commissioning records: what was installed, as gateways signed it.")
Record = Annotated[str, typer.Argument(help="Id of a record.")]


@app.command("list")
def list_command(
    config: Config,
    gateway: Annotated[str, typer.Option("--gateway", help="Only of this gateway.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=500, help="How many at most.")] = 100,
    as_json: Json = False,
    url: Url = "",
) -> None:
    """Lists records, newest first."""
    with told(), running_centre(config, url) as centre:
        found = centre.get(PATH, gateway=gateway, limit=limit)
    if as_json:
        typer.echo(json.dumps(found["items"], ensure_ascii=False))
        return
    typer.echo(table(HEADS, [_row(each) for each in found["items"]]))


@app.command("show")
def show_command(record: Record, config: Config, as_json: Json = False, url: Url = "") -> None:
    """Shows one record with its values; with --json also the signed text and its signature."""
    with told(), running_centre(config, url) as centre:
        found = centre.get(f"{PATH}/{record}")
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    document = decode(found["body"].encode(), CommissioningRecord, RECORD_LIMITS)
    typer.echo(table(HEADS, [_row(found["record"])]))
    typer.echo()
    typer.echo(table(VALUES, _values(document)))
    if document.note:
        typer.echo(f"\n{document.note}")


@app.command("pdf")
def pdf_command(
    record: Record,
    config: Config,
    out: Annotated[Path, typer.Option("--out", help="File to write.")],
    language: Annotated[str, typer.Option("--language", help="vi or en.")] = "vi",
    url: Url = "",
) -> None:
    """Writes one record as PDF, with photos and signature."""
    with told(), running_centre(config, url) as centre:
        content = centre.fetch(f"{PATH}/{record}/pdf", language=language)
    out.write_bytes(content)
    typer.echo(f"{out}: {len(content):,} bytes")


def _values(document: CommissioningRecord) -> list[tuple[object, ...]]:
    language: Language = "en"
    return [
        (device.device, check.point, value_of(check, language), expected_of(check, language), check.verdict)
        for device in document.devices
        for check in device.points
    ]


def _row(row: Any) -> tuple[object, ...]:
    photos = "complete" if row["complete_at"] else "under way"
    who = (row["gateway"], row["site"], row["verdict"], row["technician"])
    return (row["id"], *who, moment(row["ended_at"]), row["devices"], photos)
