"""The commands `thacba-sim province list | say | check`: what stands where, and what it says in a story."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated, NoReturn

import typer

from device_profiles.explain import did_you_mean
from device_profiles.load import FileFaultsError
from simulators.province.fleet import PlacedDevice, by_id, fleet, gateways
from simulators.province.places import all_communes
from simulators.province.province import Province, moment_ms
from simulators.scenarios.scenario import ScenarioFile, read_scenario, scenario_names

WRONG = 2

app = typer.Typer(help="The whole pilot fleet as pure physics: its places and what it says in a story.")


@app.command("list")
def list_command(
    as_json: Annotated[bool, typer.Option("--json", help="Every device as one line of JSON.")] = False,
) -> None:
    """How many devices of which model stand where."""
    if as_json:
        for device in fleet():
            typer.echo(json.dumps(_row(device), ensure_ascii=False))
        return
    counts = Counter(device.profile for device in fleet())
    for profile, count in sorted(counts.items()):
        areas = {device.area for device in fleet() if device.profile == profile}
        typer.echo(f"{profile:24} {count:4}  in {len(areas)} communes")
    typer.echo(f"{'together':24} {len(fleet()):4}  behind {len(gateways())} gateways")


@app.command("say")
def say_command(
    scenario: Annotated[str, typer.Argument(help="Name of the scenario, such as yagi_2024.")],
    device: Annotated[str, typer.Option(help="Identifier of the device; `list --json` names them.")],
    every_s: Annotated[int, typer.Option(min=1, help="So many seconds of the story apart.")] = 3600,
    begin: Annotated[datetime | None, typer.Option(help="From this Vietnamese time on; default: the begin.")] = None,
    hours: Annotated[float | None, typer.Option(help="For so many hours; default: until the end.")] = None,
    seed: Annotated[int, typer.Option(help="Chance of the physics.")] = 1,
) -> None:
    """What a device says in a story, one line of JSON for each moment."""
    story = _story(scenario)
    if device not in by_id():
        _wrong(f"there is no device {device!r}; {did_you_mean(device, sorted(by_id()))}")
    province = Province(story, seed)
    first = begin.replace(tzinfo=story.begin.tzinfo) if begin else story.begin
    last = first + timedelta(hours=hours) if hours is not None else story.end
    for at in range(moment_ms(first), moment_ms(last) + 1, every_s * 1000):
        typer.echo(json.dumps(_said(province, device, at), ensure_ascii=False))


@app.command("check")
def check_command() -> None:
    """Whether every scenario can be read and speaks of devices and places that exist."""
    faults = [fault for name in scenario_names() for fault in _faults(name)]
    for fault in faults:
        typer.echo(fault, err=True)
    typer.echo(f"{len(scenario_names())} scenarios, {len(faults)} faults")
    if faults:
        raise typer.Exit(WRONG)


def _row(device: PlacedDevice) -> dict[str, object]:
    return {
        "device": device.id,
        "profile": device.profile,
        "gateway": device.gateway,
        "site": device.site,
        "area": device.area,
        "lat": device.lat,
        "lon": device.lon,
        "height_m": device.height_m,
    }


def _said(province: Province, device: str, at: int) -> dict[str, object]:
    gateway = by_id()[device].gateway
    return {
        "at": datetime.fromtimestamp(at / 1000, province.scenario.begin.tzinfo).isoformat(),
        "observed_at": province.observed_at(device, at),
        "link": province.link(gateway, at),
        "values": dict(province.values(device, at)),
        "quality": dict(province.quality(device, at)),
    }


def _faults(name: str) -> Iterator[str]:
    try:
        story = read_scenario(name)
    except FileFaultsError as error:
        yield str(error)
        return
    devices = {each.device for each in story.faults} | {each.device for each in story.deeds}
    yield from (f"{name}: there is no device {each!r}" for each in sorted(devices - set(by_id())))
    places = {device.site for device in fleet()} | set(by_id()) | set(gateways()) | set(all_communes())
    named = {each.place for each in (*story.expected, *story.forbidden) if each.place}
    for cut in (*story.power_cuts, *story.link_cuts):
        named |= {*cut.areas, *cut.gateways}
    yield from (f"{name}: there is no place {each!r}" for each in sorted(named - places))


def _story(name: str) -> ScenarioFile:
    if name not in scenario_names():
        _wrong(f"there is no scenario {name!r}; {did_you_mean(name, scenario_names())}")
    return read_scenario(name)


def _wrong(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(WRONG)
