"""`thacba-sim load BROKER --gateways N [--mtls --authority DIR]`: a fleet of real sessions that speaks and comes back.

It prints a line of JSON when everybody is up, one for each return after a loss, and one with all figures at the end.
"""

from __future__ import annotations

import asyncio
import json
import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

from device_profiles.clock import SystemClock
from device_profiles.wire import Batch, BirthDevice, Health, State, encode
from simulators.load.connection import Tls, spare_buffers, without_tls
from simulators.load.course import Course
from simulators.load.gateway import LoadFleet, Words
from simulators.load.identities import Identities
from simulators.load.storm import SPARE_FILES, TooFewFilesError, allow_files
from simulators.load.traffic import DEVICE, PERIOD_MS, POINTS, PROFILE, ROWS, Traffic, block_of, gateway_id

WRONG: Final = 2
LAST_RECEIPTS_S: Final = 60.0  # afterwards what is owed is said to be owed
TURNS_PER_S: Final = 20  # batches leave in small groups, evenly


@dataclass(frozen=True, slots=True)
class Wish:
    """What the fleet shall do."""

    gateways: int
    seconds: float
    period_s: float
    per_second: float
    returns: int


def load_command(
    broker: Annotated[str, typer.Argument(help="mqtt://host:port, or mqtts://host:port with --mtls.")],
    gateways: Annotated[int, typer.Option(min=1, max=100_000, help="How many gateways.")] = 1000,
    seconds: Annotated[float, typer.Option(min=0, help="How long they speak when all are up.")] = 30.0,
    period_s: Annotated[float, typer.Option(min=0, help="How often each sends a batch; 0 = never.")] = 10.0,
    per_second: Annotated[float, typer.Option(min=1, help="Sessions that are opened a second at first.")] = 400.0,
    returns: Annotated[int, typer.Option(min=0, help="Goes on until all have been lost and back so often.")] = 0,
    mtls: Annotated[bool, typer.Option("--mtls", help="Each gateway with a certificate of its own.")] = False,
    authority: Annotated[Path | None, typer.Option(help="The centre's data_dir/authority, for --mtls.")] = None,
) -> None:
    """Opens sessions of a whole fleet, lets it speak, and says what was sent, receipted, and how long it took."""
    if mtls and authority is None:
        typer.echo("--mtls needs --authority: the folder `authority` in the centre's data_dir", err=True)
        raise typer.Exit(WRONG)
    wish = Wish(gateways, seconds, period_s, per_second, returns)
    try:
        allow_files(gateways + SPARE_FILES)
        asyncio.run(_drive(broker, wish, _identities(authority, gateways) if mtls and authority else without_tls))
    except (TooFewFilesError, FileNotFoundError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(WRONG) from error


def _identities(authority: Path, gateways: int) -> Tls:
    began = time.monotonic()
    identities = Identities(authority, map(gateway_id, range(gateways)))
    identities.prepare()
    spare_buffers()
    _say(certificates=gateways, prepared_s=round(time.monotonic() - began, 1))
    return identities.of


async def _drive(broker: str, wish: Wish, tls: Tls) -> None:
    epoch = f"{SystemClock().now_ms():016x}"  # a new one each time: nothing is mistaken for a repetition
    fleet = LoadFleet(_words(wish.gateways, epoch), broker, tls=tls)
    course = Course(fleet)
    async with asyncio.TaskGroup() as group:
        began = time.monotonic()
        life = group.create_task(fleet.run(spread_s=wish.gateways / wish.per_second))
        await fleet.until_all_up()
        up_s, cpu = round(time.monotonic() - began, 2), time.process_time()
        _say(up=wish.gateways, up_s=up_s)
        following = group.create_task(_follow(fleet, wish.returns))
        speaking = group.create_task(_speak(course, fleet, wish, epoch))
        back_s = await following
        await speaking
        settled = await _settle(fleet) if wish.period_s else True
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        own = {"cpu_s": round(time.process_time() - cpu, 1), "peak_mb": round(peak_mb)}
        _say(gateways=wish.gateways, up_s=up_s, back_s=back_s, settled=settled, **course.figures, **own)
        life.cancel()


async def _follow(fleet: LoadFleet, returns: int) -> list[float]:
    """Seconds from each loss of the broker until everybody is back."""
    seconds: list[float] = []
    while len(seconds) < returns:
        await fleet.until_lost()
        began = time.monotonic()
        fleet.expect_new_sessions()
        await fleet.until_all_up()
        seconds.append(round(time.monotonic() - began, 2))
        _say(back_s=seconds[-1])
    return seconds


async def _speak(course: Course, fleet: LoadFleet, wish: Wish, epoch: str) -> None:
    """Batches of 100 readings, spread evenly over the fleet and the time."""
    if not wish.period_s:
        await asyncio.sleep(wish.seconds)
        return
    began, clock = time.monotonic(), SystemClock()
    count = len(fleet.gateways)
    while (gone_s := time.monotonic() - began) < wish.seconds:
        for number in range(course.said, int(gone_s * count / wish.period_s)):
            turn, place = divmod(number, count)
            course.say(fleet.gateways[place], turn + 1, _batch(epoch, place, turn, clock.now_ms()))
        await asyncio.sleep(1 / TURNS_PER_S)


async def _settle(fleet: LoadFleet) -> bool:
    try:
        async with asyncio.timeout(LAST_RECEIPTS_S):
            await fleet.until_settled()
    except TimeoutError:
        return False
    return True


def _words(gateways: int, epoch: str) -> Iterator[Words]:
    now = SystemClock().now_ms()
    for number in range(gateways):
        device = BirthDevice(DEVICE, PROFILE, "0" * 12, "Công tơ", "Meter")
        born, lost = (encode(State(1, word, now, epoch, "load", "0" * 12, [device])) for word in ("online", "lost"))
        yield Words(gateway_id(number), born, lost, encode(Health(1, now, epoch, 1, 0, 0, 0, 0, 0, 0)))


def _batch(epoch: str, gateway: int, turn: int, now: int) -> bytes:
    traffic = Traffic(1, 1, now - (turn + 1) * ROWS * PERIOD_MS)
    block = block_of(traffic, gateway, turn)
    base = turn * ROWS * len(POINTS)
    return encode(Batch(v=1, epoch=epoch, sequence=turn + 1, base=base, devices=[block]), "zstd")


def _say(**figures: object) -> None:
    typer.echo(json.dumps(figures))
