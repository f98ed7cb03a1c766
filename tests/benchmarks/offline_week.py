"""A gateway that was offline: fills a real outbox through its own door with what two meters measured meanwhile."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from device_profiles.wire import DeviceBlock, relative_times
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


@dataclass(frozen=True, slots=True)
class Week:
    """Rows of ten readings, `step_ms` apart, in batches of 1 to `most_rows` of them by turns, up to a minute ago.

    So an agent keeps them whose devices speak at different paces.
    """

    readings: int
    now: int
    most_rows: int = 10
    step_ms: int = 1000

    def loads(self) -> Iterator[Load]:
        """The same ones every time."""
        rows, done, turn, noise = self.readings // PER_SECOND, 0, 0, random.Random(1)
        begin = self.now - LAST_MS - rows * self.step_ms
        while done < rows:
            count = min(1 + turn % self.most_rows, rows - done)
            at = begin + done * self.step_ms
            devices = tuple(
                _block(device, range(at + 137 * number, at + 137 * number + count * self.step_ms, self.step_ms), noise)
                for number, device in enumerate(METERS)
            )
            yield Load(Priority.READINGS, at, at + count * self.step_ms, devices=devices)
            done, turn = done + count, turn + 1


def fill(folder: Path, week: Week) -> Filled:
    """Accepts the whole week, as an agent does, only faster."""
    began = time.monotonic()
    bounds = Bounds(max_bytes=8 * 2**30)
    with open_outbox(folder, now=week.now, bounds=bounds) as outbox:
        loads = week.loads()
        while some := list(islice(loads, LOADS_AT_ONCE)):
            outbox.append(some, now=some[-1].end)
        counters = outbox.counters()
    size = sum(path.stat().st_size for path in folder.iterdir())
    return Filled(counters.backlog_readings, counters.backlog_batches, size, time.monotonic() - began)


def _block(device: str, times: range, noise: random.Random) -> DeviceBlock:
    points: dict[str, list[Cell]] = {
        point: [round(noise.gauss(centre, centre / 200), 2) for _ in times] for point, centre in CENTRES.items()
    }
    return DeviceBlock(device=device, profile=PROFILE, times=relative_times(list(times)), points=points)
