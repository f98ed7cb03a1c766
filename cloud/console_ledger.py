"""`thacba-cloud ledger`: what became of every reading, per gateway and epoch, read from the state database."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import Annotated

import typer

from cloud.api.views import TERMS, AccountView, SpanView, sums_of
from cloud.console import Config, Json, opened_state, table, told
from cloud.ingest.ledger import AccountKey, Ledger
from cloud.store.base import BirthRow
from cloud.views import account_views
from cloud.web.present import moment
from device_profiles.wire import Health, WireError, decode

HEADS = ("gateway", "epoch", *(term.replace("_", "-") for term in TERMS))
RANGES_SHOWN = 10  # in the table; the JSON has all of them


def ledger_command(
    config: Config,
    gateway: Annotated[str, typer.Option("--gateway", help="Only this one.")] = "",
    as_json: Json = False,
) -> None:
    """Shows what is stored, dead-lettered, dropped (why and when), awaited and missing, per gateway and epoch.

    With the hours that the gateway could be offline, as its last health report says.
    """
    with told(), opened_state(config) as state:
        accounts = list(account_views(Ledger(state.accounts()), gateway or None))
        reports = reports_in(state.births())
    typer.echo(as_json_text(accounts, reports) if as_json else as_text(accounts, reports))


def reports_in(births: Sequence[BirthRow]) -> dict[AccountKey, Health]:
    """The last health report of every gateway, by the account that it speaks of."""
    reports = {}
    for row in births:
        with suppress(WireError):  # a report that an older version wrote
            health = decode(row.health.encode(), Health)
            reports[row.gateway, health.epoch] = health
    return reports


def as_json_text(accounts: Sequence[AccountView], reports: Mapping[AccountKey, Health]) -> str:
    """The accounts as a JSON list, with `hours_left` and when the gateway said so."""
    items = []
    for each in accounts:
        report = reports.get((each.gateway, each.epoch))
        room = {"hours_left": report.hours_left, "health_at": report.at} if report else {}
        items.append({**asdict(each), **room})
    return json.dumps(items, ensure_ascii=False)


def as_text(accounts: Sequence[AccountView], reports: Mapping[AccountKey, Health]) -> str:
    """A table of the terms, and below it the reasons, spans and missing ranges of each account that has any."""
    rows = [(each.gateway, each.epoch, *(getattr(each, term) for term in TERMS)) for each in accounts]
    sums = sums_of(accounts)
    lines = [table(HEADS, [*rows, ("total", "", *(sums[term] for term in TERMS))])]
    for account in accounts:
        facts = [*_facts(account), *_room(reports.get((account.gateway, account.epoch)))]
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


def _room(report: Health | None) -> Iterator[str]:
    if report is not None and report.hours_left is not None:
        yield f"room for {report.hours_left:,.0f} hours offline at its rate of {moment(report.at)}"


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
