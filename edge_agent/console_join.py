"""The part of thacba-edge that makes a box a member of a centre, and shows who it is."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import typer

from device_profiles.clock import SystemClock
from device_profiles.load import FileFaultsError
from edge_agent.birth import agent_version
from edge_agent.clockwatch import ClockWatch
from edge_agent.config import load_gateway
from edge_agent.control.client import SOCKET, ControlClient
from edge_agent.control.protocol import AgentAwayError, ControlError
from edge_agent.identity.errors import IdentityError
from edge_agent.identity.keeper import IdentityKeeper
from edge_agent.identity.membership import build_keeper
from edge_agent.identity.serial import serial_number
from edge_agent.identity.store import IdentityStore
from edge_agent.identity.words import WORDS, sentences
from edge_agent.logs import start_logging

DEFAULT_DATA, DEFAULT_SETTINGS = Path("/var/lib/thacba"), Path("/etc/thacba")
REFUSED, QUEUED = 1, 3  # exit codes of `join`
WAIT_S = 40.0
STDIN = "-"
SAID = {
    "vi": {
        "member": "Đã ghi danh: {gateway} tại {site}, trung tâm {centre}. Chứng thư đến {ends}.",
        "queued": "Mã đã được giữ lại và tự gửi khi có mạng.",
        "none": "Thiết bị chưa ghi danh.",
        "serial": "Số sê-ri: {serial}",
    },
    "en": {
        "member": "Joined: {gateway} at {site}, centre {centre}. The certificate lasts until {ends}.",
        "queued": "The code is kept, and is brought to the centre as soon as there is a link.",
        "none": "This box has not joined a centre.",
        "serial": "Serial number: {serial}",
    },
}

identity_cli = typer.Typer(no_args_is_help=True, help="Who this gateway is.")
Data = Annotated[Path | None, typer.Option("--data", help="The gateway's data folder; default: the file's.")]
ConfigFile = Annotated[Path, typer.Option("--config", help="The gateway's file.")]
Language = Annotated[Literal["vi", "en"] | None, typer.Option("--language", help="vi or en; default: the system's.")]
DEFAULT_CONFIG = DEFAULT_SETTINGS / "gateway.toml"


def join(
    claim: Annotated[str, typer.Argument(help="The code or the link of the label; - reads it from standard input.")],
    centre: Annotated[
        str, typer.Option("--centre", help="https://centre.example, when the label does not say it.")
    ] = "",
    anew: Annotated[bool, typer.Option("--anew", help="This gateway has joined already: make it another one.")] = False,
    data: Data = None,
    config: ConfigFile = DEFAULT_CONFIG,
    language: Language = None,
) -> None:
    """Make this box a gateway of a centre. Without a link the code is kept, and brought when there is one.

    Ends with 0 when it has joined, 1 when it was refused, 3 when the code waits.
    """
    text = sys.stdin.readline().strip() if claim == STDIN else claim
    start_logging("plain", "error")
    folder = _folder(data, config)
    try:
        said = asyncio.run(_join(folder, config.parent, {"claim": text, "centre": centre, "anew": anew}))
    except (IdentityError, ControlError) as error:
        code, detail = (error.code, error.detail) if isinstance(error, IdentityError) else (error.what, error.why)
        words = sentences(code, detail) if code in WORDS else {}
        typer.echo(_sentence(words, language) or str(error), err=True)
        raise typer.Exit(REFUSED) from error
    _tell(said, language)
    if said.get("claim") or said.get("state") != "member":
        raise typer.Exit(QUEUED if said.get("claim") == "waits" else REFUSED)


@identity_cli.command()
def show(
    data: Data = None,
    config: ConfigFile = DEFAULT_CONFIG,
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON object.")] = False,
    language: Language = None,
) -> None:
    """Show who this gateway is, its serial number, and what keeps it from being a member."""
    folder = _folder(data, config)
    said = {**asyncio.run(_standing(folder, config.parent))}
    if not said.get("serial"):
        said["serial"] = serial_number().number
    if as_json:
        typer.echo(json.dumps(said, ensure_ascii=False, indent=2))
        return
    _tell(said, language)
    typer.echo(SAID[_chosen(language)]["serial"].format(serial=said["serial"] or "?"))


async def _join(folder: Path, settings: Path, arguments: Mapping[str, object]) -> Mapping[str, object]:
    """Through the agent when one runs here, else with this program's own hands."""
    try:
        return await ControlClient(folder / SOCKET, answer_within_s=WAIT_S + 30).ask(
            "join", {**arguments, "wait_s": WAIT_S}
        )
    except AgentAwayError:
        _become_owner(folder)
        keeper = _keeper(folder, settings)
        return await keeper.join_now(
            str(arguments["claim"]), centre=str(arguments["centre"]), anew=arguments["anew"] is True
        )


async def _standing(folder: Path, settings: Path) -> Mapping[str, object]:
    try:
        return await ControlClient(folder / SOCKET).ask("identity")
    except AgentAwayError:
        return _keeper(folder, settings).standing().document()


def _keeper(folder: Path, settings: Path) -> IdentityKeeper:
    clock = ClockWatch(SystemClock())
    return build_keeper(
        folder, clock, settings=settings, agent=f"thacba-edge {agent_version()}", joined=lambda _identity: None
    )


def _become_owner(folder: Path) -> None:
    """Root does it as the owner of the data folder, else the service could not read its own key.

    The serial number is looked up before: only root may read the maker's.
    """
    if os.geteuid() != 0 or not folder.exists():
        return
    owner, store = folder.stat(), IdentityStore(folder)
    number = serial_number(store.serial()).number
    if owner.st_uid != 0:
        os.setgroups([])
        os.setgid(owner.st_gid)
        os.setuid(owner.st_uid)
    if not store.serial():
        store.keep_serial(number)


def _folder(data: Path | None, config: Path) -> Path:
    """What was said, else what the gateway's file says, else where an installed gateway keeps its data."""
    if data is not None:
        return data.resolve()
    try:
        return load_gateway(config).gateway.data_dir
    except FileFaultsError:
        return DEFAULT_DATA


def _tell(said: Mapping[str, object], language: Literal["vi", "en"] | None) -> None:
    words = SAID[_chosen(language)]
    state = "queued" if said.get("claim") == "waits" else str(said.get("state"))
    ends = said.get("ends_at")
    until = time.strftime("%Y-%m-%d", time.gmtime(ends / 1000)) if isinstance(ends, int) else "?"
    if state in words:
        facts = {key: said.get(key) or "?" for key in ("gateway", "site", "centre")}
        typer.echo(words[state].format(**facts, ends=until))
    fault = said.get("fault")
    if isinstance(fault, dict):
        typer.echo(_sentence(fault, language), err=True)


def _sentence(words: Mapping[str, object], language: Literal["vi", "en"] | None) -> str:
    chosen = _chosen(language)
    return " ".join(str(words[key]) for key in (f"what_{chosen}", f"hint_{chosen}") if key in words)


def _chosen(language: Literal["vi", "en"] | None) -> Literal["vi", "en"]:
    said = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return language or ("vi" if said.startswith("vi") else "en")
