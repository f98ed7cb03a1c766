"""`thacba-cloud ledger`: what became of every reading, per gateway and epoch, read from the state database."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from cloud.api.ledger import sums_of
from cloud.api.views import AccountView, SpanView
from cloud.console import Config, Json, opened_state, table, told
from cloud.ingest.ledger import Ledger
from cloud.views import account_views
from cloud.web.present import moment

TERMS = ("accepted", "stored", "dead_lettered", "dropped", "awaited")
HEADS = ("gateway", "epoch", *(term.replace("_", "-") for term in TERMS))
RANGES_SHOWN = 10  # in the table; the JSON has all of them


def ledger_command(
    config: Config,
    gateway: Annotated[str, typer.Option("--gateway", help="Only this one.")] = "",
    as_json: Json = False,
) -> None:
    """Shows what is stored, dead-lettered, dropped (why and when), awaited and missing, per gateway and epoch."""
    with told(), opened_state(config) as state:
        accounts = [each for each in account_views(Ledger(state.accounts())) if gateway in ("", each.gateway)]
    typer.echo(
        as_text(accounts) if not as_json else json.dumps([asdict(each) for each in accounts], ensure_ascii=False)
    )


def as_text(accounts: Sequence[AccountView]) -> str:
    """A table of the terms, and below it the reasons, spans and missing ranges of each account that has any."""
    rows = [(each.gateway, each.epoch, *(getattr(each, term) for term in TERMS)) for each in accounts]
    sums = sums_of(accounts)
    lines = [table(HEADS, [*rows, ("total", "", *(sums[term] for term in TERMS))])]
    for account in accounts:
        facts = list(_facts(account))
        if facts:
            lines += ["", f"{account.gateway} {account.epoch}", *(f"  {fact}" for fact in facts)]
    return "\n".join(lines)


def _facts(account: AccountView) -> Iterator[str]:
    if account.dead_by_reason:
        yield f"dead-lettered: {_counted(account.dead_by_reason)}"
    if account.dropped_by_reason:
        yield f"dropped: {_counted(account.dropped_by_reason)}"
    yield from map(_span, account.drops)
    if account.missing_ranges:
        yield f"missing batches: {_ranges(account.missing_ranges)}"
    if account.held_ranges:
        yield f"held batches (judged, the store was away): {_ranges(account.held_ranges)}"


def _ranges(ranges: Sequence[tuple[int, int]]) -> str:
    shown = [f"{first}-{last}" for first, last in ranges[:RANGES_SHOWN]]
    more = len(ranges) - len(shown)
    return ", ".join(shown) + (f" and {more} ranges more" if more else "")


def _counted(reasons: Mapping[str, int]) -> str:
    most_first = sorted(reasons.items(), key=lambda each: -each[1])
    return ", ".join(f"{reason} {readings:,}" for reason, readings in most_first)


def _span(span: SpanView) -> str:
    held = f"{span.readings:,}" if span.readings else "an unsaid number"
    return f"  {moment(span.begin)} to {moment(span.end)}: {held}, {span.reason}"
