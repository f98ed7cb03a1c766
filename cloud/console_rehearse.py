"""`thacba-cloud rules rehearse`: what a rule would have done with the readings that the store holds."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from pydantic_core import to_json

from cloud.births import passages_in
from cloud.config import CentreConfig, InfluxStoreConfig, load_config
from cloud.console import Config, Json, table, told
from cloud.errors import CloudError, ConfigurationError
from cloud.inventory.load import load_inventory
from cloud.places import places_of
from cloud.rehearsal import Rehearsals
from cloud.rules.load import Known, load_rules, parse_rule
from cloud.rules.rehearse import Wish
from cloud.rules.rehearse_report import Against, Difference, Episode, Report
from cloud.rules.rehearse_summary import VIETNAM
from cloud.rules.rule import Rule
from cloud.settings import known_to_rules
from cloud.stores import open_readings, open_state
from cloud.web.present import moment
from device_profiles.clock import SystemClock
from device_profiles.explain import did_you_mean
from device_profiles.load import CATALOGUE, Catalogue, load_catalogue

HEADS = ("raised", "cleared", "site", "gateway/device", "level", "value", "notices")
NIGHTS = ("night from 22:00", "notices", "alarms")
SHOWN = 40  # rows of each table; the JSON has more
WORDS = {"live": "the running rule", "alarms": "what was really raised"}

Name = Annotated[str, typer.Argument(help="Id of a rule.")]
From = Annotated[datetime, typer.Option("--from", help="From then on, Vietnam time.")]
Until = Annotated[datetime, typer.Option("--to", help="Before then, Vietnam time.")]
Folder = Annotated[Path | None, typer.Option("--rules", help="Another folder of rule files than the configured one.")]
File = Annotated[Path | None, typer.Option("--file", help="A draft of the rule.")]
Compared = Annotated[Against | None, typer.Option("--against", help="live: the running rule; alarms: the real alarms.")]


def rehearse_command(  # the options of one command, each its own
    name: Name,
    config: Config,
    begin: From,
    end: Until,
    rules: Folder = None,
    file: File = None,
    against: Compared = None,
    as_json: Json = False,
) -> None:
    """Replays stored history through a rule: alarms, notices by night, and the difference. Reads only.

    `--against live` compares a draft (`--file`, or `--rules`) with the running rule, and a rule that runs with the
    alarms that were really raised.
    """
    with told():
        settings = load_config(config)
        catalogue = load_catalogue(CATALOGUE, *settings.profile_dirs)
        known = known_to_rules(settings, catalogue, load_inventory(settings.sites_dir))
        running = _rules_in(settings.rules_dir, known)
        others = running if rules is None else _rules_in(rules, known)
        wanted = others.get(name) if file is None else _draft(file, name, known)
        if wanted is None:
            raise ConfigurationError(f"{name}: is no rule here{_hint(name, others)}")
        until = min(_at(end), SystemClock().now_ms())
        wish = Wish(wanted, _at(begin), until, against, running.get(name), list(others.values()))
        report = asyncio.run(_rehearse(settings, catalogue, wish))
    typer.echo(to_json(report).decode() if as_json else "\n".join(as_text(report)))


async def _rehearse(settings: CentreConfig, catalogue: Catalogue, wish: Wish) -> Report:
    """Opens what the configuration names, to read; the centre may run meanwhile."""
    state = open_state(settings)
    store, _ = open_readings(settings, SystemClock())
    try:
        if not isinstance(settings.store, InfluxStoreConfig):
            path = settings.store.path or settings.data_dir / "readings.sqlite3"
            if not path.exists():
                raise NoReadingsError(f"{path}: there are no readings yet; is data_dir right?")
            await store.open()
        passages = passages_in(await asyncio.to_thread(state.births))
        rehearsals = Rehearsals(
            store,
            state,
            catalogue.profiles,
            places=places_of(load_inventory(settings.sites_dir)),
            passages=lambda gateway, device: passages.get((gateway, device), ()),
            late_s=settings.notify.late_s,
        )
        return await rehearsals.rehearse(wish)
    finally:
        await store.close()
        state.close()


class NoReadingsError(CloudError):
    """The configured store is not there."""


def as_text(report: Report) -> Iterator[str]:
    """The report for people: sums, alarms, nights, the difference."""
    totals = report.totals
    yield f"{report.rule}, version {report.version}, {moment(report.begin)} to {moment(report.end)}"
    missed = f", and {totals.missed:,} that late data would have raised (nobody told)" if totals.missed else ""
    yield (
        f"{totals.alarms:,} alarms at {totals.devices_concerned:,} of {totals.devices:,} devices{missed}; "
        f"{totals.readings:,} readings"
    )
    yield f"{totals.notices:,} notices, {totals.night_notices:,} of them at night (22:00 to 06:00)"
    if totals.alarms:
        longest = timedelta(seconds=totals.longest_ms // 1000)
        yield f"longest {longest}; most on one day {totals.most_on_a_day:,} ({totals.busiest_day})"
    yield from _listed("", report.alarms, more=report.left_out)
    if report.nights:
        rows = [(each.night, each.notices, each.alarms) for each in report.nights[:SHOWN]]
        yield f"\n{table(NIGHTS, rows)}{_more(len(report.nights) - SHOWN)}"
    if report.difference is not None:
        yield from _difference(report.difference)
    yield ""
    yield from (f"note: {remark.en}" for remark in report.remarks)


def _difference(found: Difference) -> Iterator[str]:
    yield (
        f"\nagainst {WORDS[found.against]}: {found.same:,} the same, {len(found.only_here):,} only here, "
        f"{len(found.only_there):,} only there, {len(found.moved):,} at another time or level{_more(found.left_out)}"
    )
    yield from _listed("only here", found.only_here)
    yield from _listed("only there", found.only_there)
    yield from _listed("at another time or level: here", [each.here for each in found.moved])
    yield from _listed("at another time or level: there", [each.there for each in found.moved])


def _listed(title: str, episodes: Sequence[Episode], *, more: int = 0) -> Iterator[str]:
    if not episodes:
        return
    rows = [
        (
            moment(each.raised_at),
            moment(each.cleared_at),
            each.site,
            f"{each.gateway}/{each.device}",
            f"{each.level_shown.en} (late)" if each.missed else each.level_shown.en,
            "–" if each.value is None else f"{each.value:g}",
            each.notices,
        )
        for each in episodes[:SHOWN]
    ]
    yield f"\n{title}" if title else ""
    yield table(HEADS, rows) + _more(max(0, len(episodes) - SHOWN) + more)


def _more(amount: int) -> str:
    return f"\n… and {amount:,} more" if amount > 0 else ""


def _draft(file: Path, name: str, known: Known) -> Rule:
    if not file.is_file():
        raise ConfigurationError(f"{file}: is not a file")
    return parse_rule(file.read_text(encoding="utf-8"), known, called=name)


def _rules_in(folder: Path | None, known: Known) -> Mapping[str, Rule]:
    if folder is None:
        return {}
    if not folder.is_dir():
        raise ConfigurationError(f"{folder}: is not a folder")
    return load_rules(
        folder, known.catalogue, channels=known.channels, teams=known.teams, inventory=known.inventory
    ).rules


def _hint(name: str, rules: Collection[str]) -> str:
    hint = did_you_mean(name, sorted(rules))
    return f" ({hint})" if hint else ""


def _at(when: datetime) -> int:
    return round((when if when.tzinfo else when.replace(tzinfo=VIETNAM)).timestamp() * 1000)
