"""The command line of the centre: serve, check, users, tokens, the command key, dead letters, the ledger and rules."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
import uvloop

from cloud import (
    console_audit,
    console_authority,
    console_broker,
    console_commissioning,
    console_configurations,
    console_export,
    console_gateways,
    console_indices,
    console_letters,
    console_notify,
    console_people,
    console_releases,
    console_report,
    console_rules,
)
from cloud.access.passwords import fault_of, hash_password
from cloud.access.roles import Role
from cloud.access.scope import bounds_of, kept
from cloud.access.sessions import begin_token
from cloud.app import Centre
from cloud.config import load_config
from cloud.console import WRONG_CONFIGURATION, Config, opened_state, told
from cloud.console_backup import backup, restore_command
from cloud.console_doctor import doctor_command
from cloud.console_ledger import ledger_command
from cloud.errors import ConfigurationError
from cloud.keys import make_command_key, public_text
from cloud.serving import serve
from cloud.settings import Settings, read_settings
from cloud.store.base import AuditRow, UserRow
from cloud.tidying import look_seldom
from device_profiles.clock import SystemClock
from device_profiles.schema import Sector

app = typer.Typer(no_args_is_help=True, add_completion=False, help="The operations centre of Thacba.")
users = typer.Typer(no_args_is_help=True, help="People who may log in.")
tokens = typer.Typer(no_args_is_help=True, help="Programs that may ask.")
app.add_typer(users, name="user")
app.add_typer(tokens, name="token")
app.add_typer(console_audit.app, name="audit")
app.add_typer(console_authority.app, name="authority")
app.add_typer(console_broker.app, name="broker")
app.add_typer(console_commissioning.app, name="commissioning")
app.add_typer(console_configurations.app, name="configuration")
app.add_typer(console_export.app, name="export")
app.add_typer(console_gateways.app, name="gateway")
app.add_typer(console_indices.app, name="indices")
app.add_typer(console_letters.app, name="deadletter")
app.add_typer(console_releases.app, name="release")
app.add_typer(console_report.app, name="report")
app.add_typer(console_rules.app, name="rules")
app.add_typer(console_people.app, name="people")
app.add_typer(console_notify.app, name="notify")
app.command("ledger")(ledger_command)
app.command("doctor")(doctor_command)
app.command("backup")(backup)
app.command("restore")(restore_command)

RoleOption = Annotated[Role, typer.Option("--role", help="What they may do.")]
Areas = Annotated[
    list[str] | None, typer.Option("--area", help="An area that they see; may be given again. None: all of them.")
]
Sectors = Annotated[
    list[Sector] | None, typer.Option("--sector", help="A sector that they see; may be given again. None: all of them.")
]


@app.command("serve")
def serve_command(config: Config) -> None:
    """Runs the centre until it is told to stop."""
    with told():
        settings = read_settings(config)
        _log_to_stderr()
        look_seldom()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_live(settings))


@app.command("check")
def check_command(config: Config) -> None:
    """Checks the configuration, sites, rules and profiles, and connects to nothing."""
    with told():
        settings = read_settings(config)
    typer.echo(
        f"good: {len(settings.inventory.sites)} sites, {len(settings.inventory.gateways)} gateways, "
        f"{len(settings.rules.rules)} rules, {len(settings.catalogue.profiles)} profiles"
    )


@app.command("keys")
def keys_command(config: Config) -> None:
    """Makes the key that signs commands, once, and prints its public half for the gateways."""
    with told():
        typer.echo(public_text(make_command_key(load_config(config).data_dir)))


@users.command("drop-second-factor")
def drop_second_factor(name: str, config: Config) -> None:
    """Takes somebody's second factor away, as when the last administrator has lost the telephone."""
    with told(), opened_state(config) as state:
        had, keys = state.factors.drop(name), state.passkeys.drop(name)
        if not (had or keys):
            typer.echo(f"{name} has no second factor", err=True)
            raise typer.Exit(WRONG_CONFIGURATION)
        state.put_audit(AuditRow(SystemClock().now_ms(), "console", "second_factor_drop", name, ""))


@users.command("add")
def add_user(
    name: str,
    config: Config,
    role: RoleOption,
    areas: Areas = None,
    sectors: Sectors = None,
) -> None:
    """Adds somebody, or gives them a new password, role and bounds; the password comes from a prompt or stdin."""
    password = _asked_password()
    if fault := fault_of(password):
        typer.echo(fault, err=True)
        raise typer.Exit(WRONG_CONFIGURATION)
    with told(), opened_state(config) as state:
        now = SystemClock().now_ms()
        here, mine = kept(_known_areas(config, areas or ())), kept(sectors or ())
        state.put_user(UserRow(name, role.value, hash_password(password), now, areas=here, sectors=mine))
        state.put_audit(AuditRow(now, "console", "user_add", name, f"{role.value} {bounds_of(here, mine)}".strip()))


@tokens.command("add")
def add_token(
    name: str,
    config: Config,
    role: RoleOption,
    days: Annotated[int, typer.Option("--days", min=1, max=3650, help="How long it is good.")] = 365,
    areas: Areas = None,
    sectors: Sectors = None,
) -> None:
    """Makes a token for a program and prints it once; only its digest is kept."""
    with told(), opened_state(config) as state:
        now = SystemClock().now_ms()
        secret, row = begin_token(name, role, now=now, days=days, note="made on the console")
        here, mine = kept(_known_areas(config, areas or ())), kept(sectors or ())
        state.put_secret(replace(row, areas=here, sectors=mine))
        state.put_audit(AuditRow(now, "console", "token_add", name, f"{role.value} {bounds_of(here, mine)}".strip()))
        typer.echo(secret)


def main() -> None:
    """Entry point of `thacba-cloud`."""
    app(prog_name="thacba-cloud")


async def _live(settings: Settings) -> None:
    await serve(Centre(settings))


def _known_areas(config: Path, wanted: Sequence[str]) -> Sequence[str]:
    """The areas, when all of them stand in the inventory; ConfigurationError names those that do not."""
    known = {each.area for each in read_settings(config).inventory.sites.values()} if wanted else set()
    unknown = [each for each in wanted if each not in known]
    if unknown:
        raise ConfigurationError(f"no site lies in {', '.join(unknown)}; there are: {', '.join(sorted(known))}")
    return wanted


def _asked_password() -> str:
    """Never from the arguments, where every user of the machine could read it."""
    if sys.stdin.isatty():
        asked: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
        return asked
    return sys.stdin.readline().rstrip("\n")


class _Facts(logging.Formatter):
    """One line per entry: time, level, place, message and the facts beside it."""

    _KNOWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}

    def format(self, record: logging.LogRecord) -> str:
        """The entry with its facts as key=value."""
        facts = " ".join(f"{key}={value!r}" for key, value in vars(record).items() if key not in self._KNOWN)
        return f"{super().format(record)} {facts}".rstrip()


def _log_to_stderr() -> None:
    lines = logging.StreamHandler()
    lines.setFormatter(_Facts("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[lines])
    for chatty in ("httpx", "uvicorn.error", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


if __name__ == "__main__":
    main()
