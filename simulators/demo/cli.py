"""The command `thacba-sim demo`: one demonstration, with its figures as JSON in the last line."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr

from device_profiles.clock import SystemClock
from simulators.demo.app import Demonstration
from simulators.demo.errors import DemoError
from simulators.demo.options import Options
from simulators.demo.tally import Figures

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
FOLDERS = 20
FAILED = 1

app = typer.Typer(help="The whole house on this machine.")


@app.callback(invoke_without_command=True)
def demo(
    seconds: Annotated[float | None, typer.Option(envvar="DEMO_SECONDS", help="End by itself after so long.")] = None,
    speed: Annotated[float | None, typer.Option(envvar="DEMO_SPEED", help="Hours of the story per second.")] = None,
    port: Annotated[int, typer.Option(envvar="PORT", help="Port of the page.")] = 8080,
    broker: Annotated[str, typer.Option(envvar="BROKER", help="mqtt://host:port instead of the embedded one.")] = "",
    influx: Annotated[str, typer.Option(envvar="INFLUX", help="http://host:port instead of the embedded store.")] = "",
) -> None:
    """Watch a flood rise: simulated devices, real agents, a real broker and the centre.

    Credentials stand in the environment: BROKER_USERNAME, BROKER_PASSWORD, INFLUX_USERNAME, INFLUX_PASSWORD.
    """
    options = Options(
        seconds=seconds,
        speed=speed,
        port=port,
        broker=broker,
        broker_username=os.environ.get("BROKER_USERNAME", ""),
        broker_password=SecretStr(os.environ.get("BROKER_PASSWORD", "")),
        influx=influx,
        influx_username=os.environ.get("INFLUX_USERNAME", ""),
        influx_password=SecretStr(os.environ.get("INFLUX_PASSWORD", "")),
        influx_database=os.environ.get("INFLUX_DATABASE", "thacba"),
    )
    try:
        with working_folder(options.folder) as folder:
            figures = asyncio.run(play(options, folder))
    except* DemoError as group:
        for sentence in sentences(group):
            typer.echo(sentence, err=True)
        raise typer.Exit(FAILED) from None
    if figures is not None:
        _tell(figures)


async def play(options: Options, folder: Path) -> Figures | None:
    """Plays until the end, or until Ctrl-C: then there are no figures."""
    demonstration = Demonstration(options, folder=folder, say=typer.echo, clock=SystemClock())
    async with asyncio.TaskGroup() as group:
        playing = group.create_task(demonstration.run())
        for number in ENDINGS:
            asyncio.get_running_loop().add_signal_handler(number, playing.cancel)
    return None if playing.cancelled() else playing.result()


@contextmanager
def working_folder(wanted: Path) -> Iterator[Path]:
    """The wanted folder, made fresh, or the next one when another demonstration lives in it."""
    for number in range(1, FOLDERS + 1):
        folder = (wanted if number == 1 else wanted.with_name(f"{wanted.name}.{number}")).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            for old in folder.iterdir():
                if old.name != ".lock":
                    shutil.rmtree(old) if old.is_dir() else old.unlink()
            yield folder
            return
    raise DemoError(f"{FOLDERS} demonstrations are running beside {wanted}")


def sentences(group: BaseExceptionGroup[DemoError]) -> list[str]:
    """What went wrong, however deeply it is wrapped."""
    found: list[str] = []
    for error in group.exceptions:
        found += sentences(error) if isinstance(error, BaseExceptionGroup) else [str(error)]
    return found


def _tell(figures: Figures) -> None:
    for fault in figures.faults:
        typer.echo(f"does not agree: {fault}", err=True)
    typer.echo(json.dumps(figures.as_json(), ensure_ascii=False))
    if figures.faults:
        raise typer.Exit(FAILED)
