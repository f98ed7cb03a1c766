"""`thacba-cloud deadletter`: lists and shows from the files; retries and discards through the running centre's API."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from cloud.api.views import DeadLetterView, LetterFilter, LetterState
from cloud.config import load_config
from cloud.console import FAILED, WRONG_CONFIGURATION, Config, Json, table, told
from cloud.console_api import CentreRefusedError, Url, running_centre
from cloud.ingest.graveyard import FOLDER, Graveyard
from cloud.letter_office import letter_in, page_of_letters
from cloud.web.present import HANOI, moment

HEADS = ("id", "refused", "gateway/device", "profile", "point", "readings", "reason", "state")

app = typer.Typer(no_args_is_help=True, help="Readings that could not be stored.")
Ids = Annotated[list[str] | None, typer.Argument(help="Ids of letters; or use the filters.")]
Gateway = Annotated[str, typer.Option("--gateway", help="Only letters of this gateway.")]
Reason = Annotated[str, typer.Option("--reason", help="Only letters with this reason (its first word).")]
Since = Annotated[datetime | None, typer.Option("--since", help="Refused at or after this, Vietnam time.")]
Until = Annotated[datetime | None, typer.Option("--until", help="Refused before this, Vietnam time.")]


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
    _settle(config, chosen, "retry", body={}, url=url)


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


def _settle(config: Path, chosen: Sequence[str], what: str, *, body: dict[str, str], url: str) -> None:
    """One request for each letter; a letter that cannot be settled stops no other."""
    failed = 0
    with told(), running_centre(config, url) as centre:
        for identifier in chosen:
            try:
                said = centre.post(f"/api/v1/dead-letters/{identifier}/{what}", body)["state"]
            except CentreRefusedError as error:
                failed, said = failed + 1, str(error)
            typer.echo(f"{identifier} {said}")
    typer.echo(f"{len(chosen) - failed} of {len(chosen)} settled")
    if failed:
        raise typer.Exit(FAILED)


def _row(letter: DeadLetterView) -> tuple[object, ...]:
    whose = (f"{letter.gateway}/{letter.device}", letter.profile or "event", letter.point)
    return (letter.id, moment(letter.at), *whose, letter.readings, letter.reason, letter.state)


def _instant(at: datetime | None) -> int | None:
    return None if at is None else round(at.replace(tzinfo=HANOI).timestamp() * 1000)
