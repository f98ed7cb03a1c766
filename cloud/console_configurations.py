"""`thacba-cloud configuration`: shows, checks, changes and rolls out, through the running centre's API."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from cloud.console import WRONG_CONFIGURATION, Config, Json, table, told
from cloud.console_api import RunningCentre, Url, fault_line, running_centre
from cloud.web.present import moment
from device_profiles.load import parse_table

Answer = dict[str, Any]

app = typer.Typer(no_args_is_help=True, help="What gateways shall run; the centre must run.")
waves = typer.Typer(no_args_is_help=True, help="Changes that go through the fleet in waves.")
app.add_typer(waves, name="waves")
Gateway = Annotated[str, typer.Argument(help="Id of the gateway.")]
File = Annotated[Path, typer.Argument(help="TOML file; `-` for standard input.")]
Comment = Annotated[str, typer.Option("--comment", help="Why; kept with the version.")]


@app.command("show")
def show_command(
    config: Config,
    gateway: Annotated[str, typer.Argument(help="Id of a gateway; left out: how all of them stand.")] = "",
    url: Url = "",
    as_json: Json = False,
) -> None:
    """Shows how gateways stand to what they shall run, or the text of one."""
    with told(), running_centre(config, url) as centre:
        if gateway:
            detail = centre.get(f"/api/v1/configurations/{gateway}")
            typer.echo(json.dumps(detail, ensure_ascii=False, indent=2) if as_json else detail["text"], nl=as_json)
            return
        found = list(centre.all("/api/v1/configurations"))
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    heads = ("gateway", "stands", "shall run", "runs", "source", "certificate days", "reason")
    keys = ("gateway", "word", "desired", "running", "source", "certificate_days", "reason")
    typer.echo(table(heads, [["–" if each[key] is None else each[key] for key in keys] for each in found]))


@app.command("set")
def set_command(
    gateway: Gateway,
    file: File,
    config: Config,
    secret: Annotated[
        list[str] | None, typer.Option("--secret", help="NAME=FILE: a secret is read from a file, never from here.")
    ] = None,
    comment: Comment = "",
    confirm_within_s: Annotated[int, typer.Option("--confirm-within", min=5, help="Seconds to prove itself.")] = 300,
    url: Url = "",
) -> None:
    """Keeps a text as the next version and sends it; every fault is told at once."""
    body: dict[str, object] = {"text": text_of(file), "secrets": secrets_of(secret), "comment": comment}
    body["confirm_within_s"] = confirm_within_s
    with told(), running_centre(config, url) as centre:
        match = version_of(centre, gateway)
        detail = centre.put(f"/api/v1/configurations/{gateway}", body, match=match)
    typer.echo(f"{gateway} {detail['newest']['version']}")


@app.command("diff")
def diff_command(
    gateway: Gateway,
    config: Config,
    file: Annotated[Path | None, typer.Argument(help="Compare with this text; else with --version.")] = None,
    version: Annotated[int, typer.Option("--version", min=0, help="A former version, against the newest.")] = 0,
    url: Url = "",
) -> None:
    """Shows what a text, or the time since a version, would change and has changed."""
    with told(), running_centre(config, url) as centre:
        if file is None:
            former = centre.get(f"/api/v1/configurations/{gateway}/versions/{version}")
            typer.echo("\n".join(former["since"]))
            return
        preview = centre.post(f"/api/v1/configurations/{gateway}/check", {"text": text_of(file)})
    for each in preview["faults"]:
        typer.echo(fault_line(each), err=True)
    if preview["faults"]:
        raise typer.Exit(WRONG_CONFIGURATION)
    for each in preview["changes"]:
        typer.echo(f"{each['key']}: {each['before'] or '–'} → {each['after'] or '–'}")


@app.command("versions")
def versions_command(gateway: Gateway, config: Config, url: Url = "") -> None:
    """Lists every version of a gateway, newest first."""
    with told(), running_centre(config, url) as centre:
        found = centre.get(f"/api/v1/configurations/{gateway}/versions")["items"]
    rows = [(each["version"], moment(each["at"]), each["source"], each["author"], each["comment"]) for each in found]
    typer.echo(table(("version", "at", "source", "author", "comment"), rows))


@app.command("restore")
def restore_command(
    gateway: Gateway,
    version: Annotated[int, typer.Argument(min=1)],
    config: Config,
    comment: Comment = "",
    url: Url = "",
) -> None:
    """Gives a gateway the text of a former version, under a new number."""
    with told(), running_centre(config, url) as centre:
        path, match = f"/api/v1/configurations/{gateway}/restore/{version}", version_of(centre, gateway)
        detail = centre.post(path, {"comment": comment}, match=match)
    typer.echo(f"{gateway} {detail['newest']['version']}")


@waves.command("list")
def list_waves_command(config: Config, url: Url = "", as_json: Json = False) -> None:
    """Lists roll-outs, newest first."""
    with told(), running_centre(config, url) as centre:
        found = centre.get("/api/v1/waves", limit=50)["items"]
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    rows = [
        (each["id"], each["state"], f"{each['wave']}/{each['waves']}", _counts(each["counts"]), each["title"])
        for each in found
    ]
    typer.echo(table(("id", "state", "wave", "gateways", "title"), rows))


@waves.command("show")
def show_wave_command(wave: str, config: Config, url: Url = "") -> None:
    """Shows one roll-out with its gateways."""
    with told(), running_centre(config, url) as centre:
        detail = centre.get(f"/api/v1/waves/{wave}")
    rollout = detail["rollout"]
    typer.echo(f"{rollout['title']}: {rollout['state']} {rollout['reason']}".rstrip())
    rows = [
        (each["wave"] + 1, each["gateway"], each["state"], each["version"], each["reason"])
        for each in detail["members"]
    ]
    typer.echo(table(("wave", "gateway", "state", "version", "reason"), rows))


@waves.command("begin")
def begin_wave_command(
    file: Annotated[Path, typer.Argument(help="TOML: title, patch, [target], [plan]; `-` for standard input.")],
    config: Config,
    url: Url = "",
) -> None:
    """Begins a roll-out (cloud/configuring/README.md); one with a release waits for another person."""
    with told():
        body = parse_table(text_of(file), file=str(file))
        with running_centre(config, url) as centre:
            detail = centre.post("/api/v1/waves", body)
    rollout = detail["rollout"]
    typer.echo(f"{rollout['id']} {rollout['state']}, {len(detail['members'])} gateways in {rollout['waves']} waves")


@waves.command("pause")
def pause_command(wave: str, config: Config, url: Url = "") -> None:
    """Sends nothing more until it is resumed."""
    _act(wave, "pause", config, url)


@waves.command("resume")
def resume_command(wave: str, config: Config, url: Url = "") -> None:
    """Goes on."""
    _act(wave, "resume", config, url)


@waves.command("abort")
def abort_command(wave: str, config: Config, url: Url = "") -> None:
    """Ends it; gateways that have the change keep it."""
    _act(wave, "abort", config, url)


def version_of(centre: RunningCentre, gateway: str) -> int:
    """The version that stands now."""
    newest = centre.get(f"/api/v1/configurations/{gateway}")["newest"]
    return int(newest["version"]) if newest else 0


def text_of(file: Path) -> str:
    """The text of a file, or of standard input."""
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{file}: cannot be read") from error


def secrets_of(given: list[str] | None) -> dict[str, str]:
    """Secrets by name, each read from its file."""
    found: dict[str, str] = {}
    for each in given or ():
        name, equals, path = each.partition("=")
        if not equals or not Path(path).is_file():
            raise typer.BadParameter("--secret: NAME=FILE, a file that holds nothing but the secret")
        found[name] = text_of(Path(path)).strip()
    return found


def _act(wave: str, trigger: str, config: Path, url: str) -> None:
    with told(), running_centre(config, url) as centre:
        rollout = centre.post(f"/api/v1/waves/{wave}/{trigger}", {})["rollout"]
    typer.echo(f"{wave} {rollout['state']}")


def _counts(counts: Answer) -> str:
    return ", ".join(f"{number} {state}" for state, number in sorted(counts.items()))
