"""`thacba-cloud people`: checks the files of people and teams, and says who is on duty."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated

import typer

from cloud.config import load_config
from cloud.console import WRONG_CONFIGURATION, Config, Json, table, told
from cloud.errors import ConfigurationError
from cloud.people.coverage import uncovered
from cloud.people.duty import on_duty, quiet_until
from cloud.people.hours import HANOI, at_hanoi, in_ms
from cloud.people.people import People
from cloud.settings import read_people
from device_profiles.clock import SystemClock
from device_profiles.explain import Fault
from device_profiles.load import FileFaultsError

HEADS = ("team", "person", "tried in turn", "quiet until")

app = typer.Typer(no_args_is_help=True, help="People and teams: checked, and who is on duty.")
At = Annotated[str, typer.Option("--at", help="A time at Hà Nội, such as 2026-12-01T22:30; now when left out.")]


@dataclass(frozen=True, slots=True)
class Duty:
    """Somebody who would be told."""

    team: str
    person: str
    channels: tuple[str, ...]
    quiet_until: int | None


@app.command("check")
def check_command(config: Config, as_json: Json = False) -> None:
    """Checks every file of people, and names the hours without anybody on duty; shows no address."""
    people, faults = People(), tuple[Fault, ...]()
    with told():
        settings = load_config(config)
        try:
            people = read_people(settings)
        except FileFaultsError as error:
            faults = error.faults
    numbers = {"persons": len(people.persons), "teams": len(people.teams)}
    gaps = {team.id: uncovered(team) for team in people.teams.values()}
    if as_json:
        found = {"good": not faults, **numbers, "uncovered": gaps, "faults": list(map(asdict, faults))}
        typer.echo(json.dumps(found, ensure_ascii=False))
    else:
        good = [f"good: {numbers['persons']} persons, {numbers['teams']} teams"]
        good += [
            f"{team}: {people.teams[team].otherwise} is told {', '.join(gap)}" for team, gap in gaps.items() if gap
        ]
        typer.echo("\n".join(map(str, faults or good)), err=bool(faults))
    if faults:
        raise typer.Exit(WRONG_CONFIGURATION)


@app.command("duty")
def duty_command(config: Config, at: At = "", as_json: Json = False) -> None:
    """Says for every team who would be told, and by which channels."""
    with told():
        moment = _moment(at)
        people = read_people(load_config(config))
    found = [_duty(people, team, person, moment) for team in people.teams for person in on_duty(people, team, moment)]
    if as_json:
        typer.echo(json.dumps({"at": moment, "duty": list(map(asdict, found))}, ensure_ascii=False))
    else:
        typer.echo(f"{at_hanoi(moment):%d/%m/%Y %H:%M}")
        typer.echo(table(HEADS, [(each.team, each.person, ", ".join(each.channels), _quiet(each)) for each in found]))


def _duty(people: People, team: str, person: str, at: int) -> Duty:
    known = people.persons[person]
    return Duty(team, person, known.channels, quiet_until(known, at))


def _quiet(duty: Duty) -> str:
    return f"{at_hanoi(duty.quiet_until):%d/%m %H:%M}" if duty.quiet_until else ""


def _moment(text: str) -> int:
    if not text:
        return SystemClock().now_ms()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigurationError(f"--at {text}: is no time; write 2026-12-01T22:30") from error
    return in_ms(moment if moment.tzinfo else moment.replace(tzinfo=HANOI))
