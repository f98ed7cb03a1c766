"""The command `thacba-sim exercise`: one scenario on an exercise centre, with its verdict as JSON in the last line."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from device_profiles.explain import did_you_mean
from device_profiles.load import FileFaultsError
from simulators.demo.cli import working_folder
from simulators.demo.errors import DemoError
from simulators.exercise.app import Exercise, Options
from simulators.scenarios.scenario import scenario_names

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
FAILED, WRONG = 1, 2


def exercise_command(
    scenario: Annotated[str, typer.Argument(help="Name of the scenario, such as yagi_2024.")],
    speed: Annotated[
        float | None, typer.Option(envvar="SPEED", help="Seconds of the story in a second, up to 3600.")
    ] = None,
    train: Annotated[bool, typer.Option(help="Wait for a trainer at /exercise, and stay until Ctrl-C.")] = False,
    port: Annotated[int, typer.Option(envvar="PORT", help="Port of the page.")] = 8080,
    seed: Annotated[int, typer.Option(envvar="SEED", help="Chance of the physics.")] = 1,
) -> None:
    """Play a scenario of the whole province against a marked exercise centre (diễn tập).

    Ends with the verdict: 0 when every expected alarm was raised and no forbidden one.
    """
    if scenario not in scenario_names():
        hint = did_you_mean(scenario, scenario_names())
        typer.echo(f"there is no scenario {scenario!r}; {hint or ', '.join(scenario_names())}", err=True)
        raise typer.Exit(WRONG)
    options = Options(scenario=scenario, speed=speed, train=train, port=port, seed=seed)
    try:
        with working_folder(options.folder) as folder:
            verdict = asyncio.run(_played(options, folder))
    except* (DemoError, FileFaultsError, OSError) as group:
        for sentence in _sentences(group):
            typer.echo(sentence, err=True)
        raise typer.Exit(FAILED) from None
    if verdict is not None:
        _tell(verdict)


async def _played(options: Options, folder: Path) -> Mapping[str, Any] | None:
    """Plays until the end, or until Ctrl-C: then there is no verdict."""
    exercise = Exercise(options, folder=folder, say=typer.echo)
    async with asyncio.TaskGroup() as group:
        playing = group.create_task(exercise.run())
        for number in ENDINGS:
            asyncio.get_running_loop().add_signal_handler(number, playing.cancel)
    return None if playing.cancelled() else playing.result()


def _sentences(group: BaseExceptionGroup[Exception]) -> list[str]:
    found: list[str] = []
    for error in group.exceptions:
        found += _sentences(error) if isinstance(error, BaseExceptionGroup) else [str(error)]
    return found


def _tell(verdict: Mapping[str, Any]) -> None:
    for each in verdict["missing"]:
        typer.echo(f"missing: {each['rule']} {each['level']} {each['place']}".rstrip(), err=True)
    for each in verdict["forbidden_raised"]:
        typer.echo(f"must not come: {each['rule']} {each['level']} at {each['gateway']}/{each['device']}", err=True)
    typer.echo(json.dumps(verdict, ensure_ascii=False))
    if not verdict["holds"]:
        raise typer.Exit(FAILED)
