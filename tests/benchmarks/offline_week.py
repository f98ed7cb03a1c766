"""A gateway that was offline: fills a real outbox through its own door with what two meters measured meanwhile."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from device_profiles.wire import DeviceBlock
from device_profiles.wire.messages import Cell
from edge_agent.outbox.base import Bounds, Load, Priority
from edge_agent.outbox.opening import open_outbox
from simulators.load.traffic import POINTS, PROFILE

METERS = ("meter-1", "meter-2")
PER_SECOND = len(METERS) * len(POINTS)
LOADS_AT_ONCE = 1000  # per fsync: the week shall be written in a minute
LAST_MS = 60_000  # the week ends so long before now
CENTRES = {"u1_v": 226.0, "u2_v": 227.0, "u3_v": 228.0, "p_w": 1500.0, "freq_hz": 49.95}


@dataclass(frozen=True, slots=True)
class Filled:
    """What lies in the outbox, and on the disk."""

    readings: int
    batches: int
    file_bytes: int
    seconds: float


def fill(folder: Path, *, readings: int, most_s: int, now: int) -> Filled:
    """Batches of 1 to `most_s` seconds by turns, as an agent keeps them whose devices speak at different paces."""
    began = time.monotonic()
    bounds = Bounds(max_bytes=8 * 2**30)
    with open_outbox(folder, now=now, bounds=bounds) as outbox:
        loads = _loads(readings // PER_SECOND, most_s, now - LAST_MS - readings // PER_SECOND * 1000)
        while some := list(islice(loads, LOADS_AT_ONCE)):
            outbox.append(some, now=some[-1].end)
        counters = outbox.counters()
    size = sum(path.stat().st_size for path in folder.iterdir())
    return Filled(counters.backlog_readings, counters.backlog_batches, size, time.monotonic() - began)


def _loads(seconds: int, most_s: int, begin: int) -> Iterator[Load]:
    done, turn, noise = 0, 0, random.Random(1)
    while done < seconds:
        rows = min(1 + turn % most_s, seconds - done)
        at = begin + done * 1000
        devices = tuple(_block(device, at + 137 * number, rows, noise) for number, device in enumerate(METERS))
        yield Load(Priority.READINGS, at, at + rows * 1000, devices=devices)
        done, turn = done + rows, turn + 1


def _block(device: str, begin: int, rows: int, noise: random.Random) -> DeviceBlock:
    points: dict[str, list[Cell]] = {
        point: [round(noise.gauss(centre, centre / 200), 2) for _ in range(rows)] for point, centre in CENTRES.items()
    }
    return DeviceBlock(device=device, profile=PROFILE, times=[begin] + [1000] * (rows - 1), points=points)
