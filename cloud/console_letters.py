"""`thacba-cloud deadletter`: lists and shows from the files; retries and discards through the running centre's API."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import httpx
import typer

from cloud.access.roles import Role
from cloud.access.sessions import begin_token
from cloud.api.views import DeadLetterView, LetterFilter, LetterState
from cloud.config import load_config
from cloud.console import FAILED, WRONG_CONFIGURATION, Config, Json, opened_state, table, told
from cloud.errors import CloudError
from cloud.ingest.graveyard import FOLDER, Graveyard
from cloud.letter_office import letter_in, page_of_letters
from cloud.web.present import HANOI, moment
from device_profiles.clock import SystemClock

HEADS = ("id", "refused", "gateway/device", "profile", "point", "readings", "reason", "state")
EVERYWHERE = ("0.0.0.0", "::", "")

app = typer.Typer(no_args_is_help=True, help="Readings that could not be stored.")
Ids = Annotated[list[str] | None, typer.Argument(help="Ids of letters; or use the filters.")]
Gateway = Annotated[str, typer.Option("--gateway", help="Only letters of this gateway.")]
Reason = Annotated[str, typer.Option("--reason", help="Only letters with this reason (its first word).")]
Since = Annotated[datetime | None, typer.Option("--since", help="Refused at or after this, Vietnam time.")]
Until = Annotated[datetime | None, typer.Option("--until", help="Refused before this, Vietnam time.")]
Url = Annotated[str, typer.Option("--url", help="Where the centre answers, if not where its configuration says.")]


class CentreAwayError(CloudError):
    """The centre does not answer: only the running centre may change its ledger."""


@app.command("list")
def list_command(
    config: Config,
    gateway: Gateway = "",
    reason: Reason = "",
    since: Since = None,
    until: Until = None,
    state: Annotated[str, typer.Option("--state", help="open, retried, discarded or any.")] = "open",
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many at most.")] = 100,
    as_json: Json = False,
) -> None:
    """Lists letters, newest first."""
    wanted = filter_of(gateway, reason, since, until, state=state)
    with told():
        letters, more = page_of_letters(graveyard_of(config), wanted, before=None, limit=limit)
    if as_json:
        typer.echo(json.dumps([asdict(each) for each in letters], ensure_ascii=False))
        return
    typer.echo(table(HEADS, [_row(each) for each in letters]))
    typer.echo(
        f"{len(letters)} letters, {sum(each.readings for each in letters):,} readings" + (", and more" if more else "")
    )


@app.command("show")
def show_command(letter: str, config: Config) -> None:
    """Shows one letter with its readings, as JSON."""
    with told():
        detail = letter_in(graveyard_of(config), letter)
    typer.echo(json.dumps(asdict(detail), ensure_ascii=False, indent=2))


@app.command("retry")
def retry_command(
    config: Config,
    ids: Ids = None,
    gateway: Gateway = "",
    reason: Reason = "",
    since: Since = None,
    until: Until = None,
    url: Url = "",
) -> None:
    """Checks and stores the readings of letters again; the centre must run."""
    chosen = _chosen(config, ids, filter_of(gateway, reason, since, until))
    _settle(config, chosen, "retry", body=None, url=url)


@app.command("discard")
def discard_command(
    config: Config,
    why: Annotated[str, typer.Option("--why", help="For the audit log.")],
    ids: Ids = None,
    gateway: Gateway = "",
    reason: Reason = "",
    since: Since = None,
    until: Until = None,
    url: Url = "",
) -> None:
    """Gives the readings of letters up for good; the centre must run."""
    chosen = _chosen(config, ids, filter_of(gateway, reason, since, until))
    _settle(config, chosen, "discard", body={"reason": why}, url=url)


def filter_of(
    gateway: str, reason: str, since: datetime | None, until: datetime | None, *, state: str = "open"
) -> LetterFilter:
    """The filter that the options name."""
    states: dict[str, LetterState | None] = {
        "open": "open", "retried": "retried", "discarded": "discarded", "any": None
    }  # fmt: skip
    if state not in states:
        raise typer.BadParameter(f"--state: one of {', '.join(states)}")
    return LetterFilter(gateway or None, reason or None, _instant(since), _instant(until), states[state])


def graveyard_of(config: Path) -> Graveyard:
    """The folder of dead letters that a configuration names."""
    return Graveyard(load_config(config).data_dir / FOLDER)


def _chosen(config: Path, ids: Sequence[str] | None, wanted: LetterFilter) -> list[str]:
    """The letters to settle, oldest first; nothing is not everything."""
    if ids:
        return list(ids)
    if wanted == LetterFilter():
        typer.echo("name letters, or a filter: --gateway, --reason, --since, --until", err=True)
        raise typer.Exit(WRONG_CONFIGURATION)
    with told():
        letters, _ = page_of_letters(graveyard_of(config), wanted, before=None, limit=1_000_000)
    return [each.id for each in reversed(letters)]


def _settle(config: Path, chosen: Sequence[str], what: str, *, body: dict[str, str] | None, url: str) -> None:
    """One request for each letter; a letter that cannot be settled stops no other."""
    failed = 0
    with told(), _centre(config, url) as centre:
        for identifier in chosen:
            try:
                answer = centre.post(f"/api/v1/dead-letters/{identifier}/{what}", json=body)
            except httpx.TransportError as error:
                raise CentreAwayError(
                    f"{centre.base_url}: the centre does not answer; letters are settled by it"
                ) from error
            content = answer.json()
            failed += not answer.is_success
            typer.echo(f"{identifier} {content['state'] if answer.is_success else content['detail']}")
    typer.echo(f"{len(chosen) - failed} of {len(chosen)} settled")
    if failed:
        raise typer.Exit(FAILED)


@contextmanager
def _centre(config: Path, url: str) -> Iterator[httpx.Client]:
    """A client of the running centre, with a token that ends with this command."""
    http = load_config(config).http
    host = "127.0.0.1" if http.host in EVERYWHERE else http.host
    address = url or f"http://{f'[{host}]' if ':' in host else host}:{http.port}"
    with opened_state(config) as state:
        now = SystemClock().now_ms()
        secret, row = begin_token("console", Role.ENGINEER, now=now, days=1, note="one command")
        state.put_secret(row)
        try:
            headers = {"Authorization": f"Bearer {secret}"}
            with httpx.Client(base_url=address, headers=headers, timeout=60, trust_env=False) as client:
                yield client
        finally:
            state.drop_secret(row.digest)


def _row(letter: DeadLetterView) -> tuple[object, ...]:
    whose = (f"{letter.gateway}/{letter.device}", letter.profile or "event", letter.point)
    return (letter.id, moment(letter.at), *whose, letter.readings, letter.reason, letter.state)


def _instant(at: datetime | None) -> int | None:
    return None if at is None else round(at.replace(tzinfo=HANOI).timestamp() * 1000)
