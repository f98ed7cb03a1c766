"""`thacba-cloud gateway`: lets gateways in, moves, replaces and ends them through the running centre, prints labels."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from cloud.console import WRONG_CONFIGURATION, Config, Json, table, told
from cloud.console_api import RunningCentre, Url, running_centre
from cloud.enrolment.files import write_private
from cloud.paper.labels import COLUMNS, ROWS, Label, code_on_screen, label_sheet
from cloud.web.present import HANOI, moment
from device_profiles.schema import Text

app = typer.Typer(no_args_is_help=True, help="Gateways: expect, label, replace, move, retire, revoke.")
HEADS = ("gateway", "site", "state", "serial", "claim until", "certificate until", "note")
Gateway = Annotated[str, typer.Argument(help="Id of the gateway.")]
Sheet = Annotated[Path | None, typer.Option("--labels", help="Write the labels here, as PDF (A4, ten on a sheet).")]
First = Annotated[int, typer.Option("--first", min=1, max=COLUMNS * ROWS, help="First free place on the sheet.")]
Serial = Annotated[str | None, typer.Option("--serial", help="Only the box with this serial number may join.")]
Valid = Annotated[int, typer.Option("--valid", min=0, max=365, help="Days until the claim ends; 0 = as configured.")]
Why = Annotated[str, typer.Option("--why", help="For the audit log.")]
Site = Annotated[str, typer.Option("--site", help="Where the gateway will be.")]


@app.command("add")
def add_command(
    config: Config,
    site: Site,
    ids: Annotated[list[str] | None, typer.Option("--id", help="Its id; repeatable; else made of the site's.")] = None,
    name: Annotated[str, typer.Option("--name", help="Its name, Vietnamese|English; else the site's.")] = "",
    profile: Annotated[list[str] | None, typer.Option("--profile", help="Expected device profile; repeatable.")] = None,
    serial: Serial = None,
    valid: Valid = 0,
    labels: Sheet = None,
) -> None:
    """Expects a gateway, or one for each id, and shows the code of each, once."""
    if serial and len(ids or ()) > 1:
        typer.echo("--serial is for one gateway", err=True)
        raise typer.Exit(WRONG_CONFIGURATION)
    vi, _, en = (part.strip() for part in name.partition("|"))
    facts: dict[str, object] = {"site": site, "profiles": profile or [], "serial": serial or "", "valid_days": valid}
    facts["name"] = {"vi": vi, "en": en or vi} if vi else None
    with told(), running_centre(config, "") as centre:
        tickets = [centre.post("/api/v1/gateways", {**facts, "gateway": each}) for each in ids or [""]]
    _show(tickets, labels, 1)


@app.command("label")
def label_command(
    config: Config,
    gateways: Annotated[list[str], typer.Argument(help="Ids of gateways that are still expected.")],
    serial: Serial = None,
    valid: Valid = 0,
    labels: Sheet = None,
    first: First = 1,
    url: Url = "",
) -> None:
    """Gives expected gateways a new code; the former one dies."""
    with told(), running_centre(config, url) as centre:
        _show([_claim(centre, each, "label", serial, valid) for each in gateways], labels, first)


@app.command("replace")
def replace_command(
    config: Config, gateway: Gateway, serial: Serial = None, valid: Valid = 0, labels: Sheet = None, first: First = 1,
    url: Url = "",
) -> None:  # fmt: skip
    """Expects a new box in an old one's place; the old one works until the new one has joined."""
    with told(), running_centre(config, url) as centre:
        _show([_claim(centre, gateway, "replace", serial, valid)], labels, first)


@app.command("list")
def list_command(config: Config, as_json: Json = False, url: Url = "") -> None:
    """Lists every gateway of the registry and of the site files."""
    with told(), running_centre(config, url) as centre:
        listed = list(centre.all("/api/v1/enrolment/gateways"))
    typer.echo(json.dumps(listed, ensure_ascii=False) if as_json else table(HEADS, [_row(each) for each in listed]))


@app.command("show")
def show_command(gateway: Gateway, config: Config, url: Url = "") -> None:
    """Shows one gateway with its claims and certificates, as JSON."""
    with told(), running_centre(config, url) as centre:
        detail = centre.get(f"/api/v1/gateways/{gateway}/enrolment")
    typer.echo(json.dumps(detail, ensure_ascii=False, indent=2))


@app.command("move")
def move_command(gateway: Gateway, config: Config, site: Site, url: Url = "") -> None:
    """Puts a gateway at another site, from its next batch on."""
    _change(config, url, gateway, "move", {"site": site})


@app.command("retire")
def retire_command(gateway: Gateway, config: Config, why: Why, url: Url = "") -> None:
    """Ends a gateway for good; its history stays."""
    _change(config, url, gateway, "retire", {"reason": why})


@app.command("revoke")
def revoke_command(gateway: Gateway, config: Config, why: Why, url: Url = "") -> None:
    """Puts a gateway out at once; `replace` takes it in again."""
    _change(config, url, gateway, "revoke", {"reason": why})


@app.command("out-of-service")
def out_of_service_command(
    gateway: Gateway,
    config: Config,
    until: Annotated[datetime, typer.Option("--until", help="Vietnam time; at most 90 days ahead.")],
    why: Why,
    url: Url = "",
) -> None:
    """Nobody is told of its alarms until then; what it sends is kept. `DELETE /api/v1/planned-work` ends it earlier."""
    end = round(until.replace(tzinfo=HANOI).timestamp() * 1000)
    with told(), running_centre(config, url) as centre:
        centre.post("/api/v1/planned-work", {"gateway": gateway, "until": end, "reason": why})
    typer.echo(f"{gateway}: out of service until {moment(end)}")


@app.command("events")
def events_command(
    config: Config,
    kind: Annotated[str, typer.Option("--kind", help="Only events of this kind.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=500, help="How many at most.")] = 50,
    as_json: Json = False,
    url: Url = "",
) -> None:
    """Lists what was tried against the fleet, newest first."""
    with told(), running_centre(config, url) as centre:
        events = centre.get("/api/v1/security-events", kind=kind, limit=limit)["items"]
    if as_json:
        typer.echo(json.dumps(events, ensure_ascii=False))
        return
    rows = [
        (moment(each["last_at"]), each["kind"], each["gateway"], each["source"], each["times"], each["detail"])
        for each in events
    ]
    typer.echo(table(("last", "kind", "gateway", "source", "times", "detail"), rows))


def label_of(ticket: Mapping[str, Any]) -> Label:
    """The label of a claim as the API gave it out."""
    return Label(
        gateway=ticket["gateway"],
        name=Text(**ticket["name"]),
        site=Text(**ticket["site_name"]),
        code=ticket["code"],
        link=ticket["link"],
        until=ticket["expires_at"],
        serial=ticket["expected_serial"],
        replaces=ticket["purpose"] == "replace",
    )


def _claim(centre: RunningCentre, gateway: str, what: str, serial: str | None, valid: int) -> Mapping[str, Any]:
    ticket: Mapping[str, Any] = centre.post(
        f"/api/v1/gateways/{gateway}/{what}", {"serial": serial, "valid_days": valid}
    )
    return ticket


def _change(config: Path, url: str, gateway: str, what: str, body: Mapping[str, object]) -> None:
    with told(), running_centre(config, url) as centre:
        view = centre.post(f"/api/v1/gateways/{gateway}/{what}", body)
    typer.echo(f"{view['gateway']}: {view['state']} at {view['site']}")


def _show(tickets: Sequence[Mapping[str, Any]], labels: Path | None, first: int) -> None:
    if labels is not None:
        write_private(labels, label_sheet([label_of(each) for each in tickets], first=first - 1))
    rows = [(each["gateway"], each["site"], each["code"], moment(each["expires_at"])) for each in tickets]
    typer.echo(table(("gateway", "site", "code", "until"), rows))
    for each in tickets if labels is None else ():
        if sys.stdout.isatty():
            typer.echo(code_on_screen(each["link"]))
        typer.echo(each["link"])
    if labels is not None:
        typer.echo(f"labels: {labels}")


def _row(each: Mapping[str, Any]) -> tuple[object, ...]:
    ends = [moment(each[key]) if each[key] else "" for key in ("claim_ends_at", "certificate_ends_at")]
    return (each["gateway"], each["site"], each["state"], each["serial"], *ends, each["note"])
