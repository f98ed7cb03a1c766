"""`python -m simulators.load.storm BROKER --sessions N`: a fleet of sessions that loses its broker and comes back.

It prints one line of JSON when everybody is up at first, one when everybody is back, one when nothing is owed.
"""

from __future__ import annotations

import asyncio
import json
import resource
import time
from collections.abc import Iterator
from typing import Annotated, Final

import typer

from device_profiles.clock import SystemClock
from device_profiles.wire import Batch, BirthDevice, DeviceBlock, Health, State, encode
from simulators.load.gateway import RECEIPT_S, LoadFleet, Words
from simulators.load.traffic import DEVICE, EPOCH, PERIOD_MS, POINTS, PROFILE, ROWS, Traffic, block_of, gateway_id

SPARE_FILES = 200
PER_SECOND = 800  # sessions that are opened a second before the storm
BEFORE, BACKLOG, LIVE = (1, 1), (2, ROWS), (3, 1)  # sequence and rows of each gateway's three batches
READINGS: Final = sum(rows for _, rows in (BEFORE, BACKLOG, LIVE)) * len(POINTS)  # of one gateway


class TooFewFilesError(OSError):
    """The system does not let one program hold so many connections."""


def allow_files(wanted: int) -> None:
    """Raises the limit of open files of this program and its children; TooFewFilesError says what to do."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise TooFewFilesError(
            f"{wanted} open files are needed and {hard} allowed: run `ulimit -Hn {wanted}` as root, or set nofile in"
            " /etc/security/limits.conf (systemd: LimitNOFILE), or ask for fewer sessions"
        )
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def fleet_words(sessions: int, now: int) -> Iterator[Words]:
    """What each gateway of the fleet says: one live batch, then during the storm one of backlog and one live."""
    traffic = Traffic(sessions, 1, now - 2 * ROWS * PERIOD_MS)
    for number in range(sessions):
        device = BirthDevice(DEVICE, PROFILE, "0" * 12, "Công tơ", "Meter")
        born, lost = (State(1, word, now, EPOCH, "load", "0" * 12, [device]) for word in ("online", "lost"))
        health = Health(1, now, EPOCH, 1, 0, 0, 0, 0, 0, 0)
        yield Words(
            gateway_id(number),
            encode(born),
            encode(lost),
            encode(health),
            fresh=dict([_batch(traffic, number, BEFORE)]),
        )


def add_backlog(fleet: LoadFleet, now: int) -> None:
    """Each gateway goes on measuring without a broker: one batch that is owed, one that is new when it is back."""
    traffic = Traffic(len(fleet.gateways), 1, now - ROWS * PERIOD_MS)
    for number, gateway in enumerate(fleet.gateways):
        gateway.words.owed.update([_batch(traffic, number, BACKLOG)])
        later = Traffic(traffic.gateways, 1, now)
        gateway.words.fresh.update([_batch(later, number, LIVE)])


def _batch(traffic: Traffic, number: int, what: tuple[int, int]) -> tuple[int, bytes]:
    sequence, rows = what
    block = block_of(traffic, number, 0)
    cut = DeviceBlock(
        device=block.device,
        profile=block.profile,
        times=block.times[:rows],
        points={key: column[:rows] for key, column in block.points.items()},
    )
    base = sum(rows for earlier, rows in (BEFORE, BACKLOG, LIVE) if earlier < sequence) * len(POINTS)
    return sequence, encode(Batch(v=1, epoch=EPOCH, sequence=sequence, base=base, devices=[cut]), "zstd")


async def weather(broker: str, sessions: int, receipt_s: float) -> None:
    """Everybody up, everybody lost, everybody back."""
    clock = SystemClock()
    fleet = LoadFleet(fleet_words(sessions, clock.now_ms()), broker, receipt_s=receipt_s)
    async with asyncio.TaskGroup() as group:
        life = group.create_task(fleet.run(spread_s=sessions / PER_SECOND))
        await fleet.until_settled()
        fleet.expect_new_sessions()
        _say(up=sessions)
        await fleet.until_lost()
        begin, cpu = clock.monotonic(), time.process_time()
        add_backlog(fleet, clock.now_ms())
        await fleet.until_all_up()
        _say(back_s=round(clock.monotonic() - begin, 2))
        await fleet.until_settled()
        seconds = clock.monotonic() - begin
        most = max(each.sessions for each in fleet.gateways)
        _say(settled_s=round(seconds, 2), cpu_s=round(time.process_time() - cpu, 2), sessions_max=most)
        life.cancel()


def storm(
    broker: str,
    sessions: Annotated[int, typer.Option(min=1)] = 1_000,
    receipt_s: Annotated[float, typer.Option(min=1)] = RECEIPT_S,
) -> None:
    """Opens sessions, waits until the broker dies, and says how long it takes until all is well again."""
    allow_files(sessions + SPARE_FILES)
    asyncio.run(weather(broker, sessions, receipt_s))


def _say(**figures: float) -> None:
    typer.echo(json.dumps(figures))


if __name__ == "__main__":
    typer.run(storm)
