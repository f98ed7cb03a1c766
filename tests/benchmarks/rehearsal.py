"""`python -m tests.benchmarks.rehearsal`: 90 days of 200 devices with a reading every ten minutes, two rules.

The embedded store, a rule on a threshold and one on a window; beside it a bare reading of the same rows, which is the
least that anybody could do. The last line is JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from math import exp, pi, sin
from pathlib import Path

from cloud.rehearsal import Rehearsals
from cloud.rules.judge import Places
from cloud.rules.rehearse import Wish
from cloud.rules.rule import Rule
from cloud.store.base import Columns
from cloud.store.sql import SqlStateStore
from cloud.store.sqlite import SqliteStore
from device_profiles.load import load_catalogue
from device_profiles.schema import PointType
from device_profiles.wire.messages import Cell

DAYS = int(os.environ.get("BENCH_REHEARSAL_DAYS", "90"))
DEVICES = int(os.environ.get("BENCH_REHEARSAL_DEVICES", "200"))
STEP_MS = 600_000
DAY_MS = 86_400_000
BEGIN = 1_785_517_200_000  # 1 August 2026 at Hà Nội
PROFILE, POINT = "river_gauge_radar", "level_m"
FLOOD = [
    {"name": "I", "severity": 3, "above": 30.0, "clear": 29.9},
    {"name": "II", "severity": 2, "above": 31.0, "clear": 30.9},
    {"name": "III", "severity": 1, "above": 32.0, "clear": 31.9},
]
KINDS: dict[str, dict[str, object]] = {
    "threshold": {"kind": "threshold", "unit": "m", "hold_s": 600, "levels": FLOOD},
    "window": {"kind": "window", "unit": "m", "figure": "mean", "window_s": 21600, "step_s": 600, "levels": FLOOD},
}


@dataclass(frozen=True, slots=True)
class Run:
    """What rehearsing one rule took."""

    seconds: float
    cpu_s: float  # quieter than seconds on a machine that others use, too
    alarms: int
    readings: int


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """Both rules, the bare reading of the same rows, and the peak of memory."""

    bare_s: float
    runs: dict[str, Run]
    peak_mb: float

    def figures(self) -> dict[str, float]:
        """The figures of `make bench`; the ratio is of the slower rule."""
        slowest = max(run.seconds for run in self.runs.values())
        return {
            **{f"rehearsal_{name}_s": round(run.seconds, 2) for name, run in self.runs.items()},
            **{f"rehearsal_{name}_cpu_s": round(run.cpu_s, 2) for name, run in self.runs.items()},
            "rehearsal_bare_s": round(self.bare_s, 2),
            "rehearsal_ratio": round(slowest / self.bare_s, 2),
            "rehearsal_readings": max(run.readings for run in self.runs.values()),
            "rehearsal_readings_per_s": round(max(run.readings for run in self.runs.values()) / slowest),
            "rehearsal_alarms": sum(run.alarms for run in self.runs.values()),
            "rehearsal_peak_mb": round(self.peak_mb, 1),
        }


def rehearse_in(folder: Path) -> Rehearsed:
    """Fills an embedded store in the folder and rehearses both rules on it."""
    path = folder / "readings.sqlite3"
    asyncio.run(_fill(path))
    bare_s = _bare(path)
    runs = asyncio.run(_rehearse(path, folder))
    return Rehearsed(bare_s, runs, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def rehearse_apart() -> dict[str, float]:
    """The figures, out of a program of its own: its memory is measured."""
    command = [sys.executable, "-m", "tests.benchmarks.rehearsal"]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    figures: dict[str, float] = json.loads(run.stdout.splitlines()[-1])
    return figures


def main() -> None:
    """Prints what it measures as one line of JSON."""
    with tempfile.TemporaryDirectory(prefix="thacba-rehearsal-") as name:
        figures = rehearse_in(Path(name)).figures()
    sys.stdout.write(json.dumps({"rehearsal_days": DAYS, "rehearsal_devices": DEVICES, **figures}) + "\n")


def rule(name: str) -> Rule:
    """The levels of a river, on its readings or on their mean of six hours."""
    return Rule.model_validate(
        {
            "id": name,
            "version": 1,
            "text": {"vi": "Vượt báo động {level}", "en": "Alarm level {level}"},
            "instruction": {"vi": "Kiểm tra", "en": "Check"},
            "owner": "Chi cục Thủy lợi",
            "source": "benchmark",
            "confirmed": False,
            "selector": {"profile": PROFILE, "point": POINT},
            "kind": KINDS[name],
        }
    )


def levels(device: int) -> Iterator[float]:
    """A river through the wet season: daily breath, ripples, and two floods of some days."""
    ripples = random.Random(device)
    amount = DAYS * DAY_MS // STEP_MS
    floods = [(amount * (0.3 + 0.1 * ripples.random()), 120, 1.9), (amount * (0.7 + 0.1 * ripples.random()), 200, 3.1)]
    for number in range(amount):
        flood = sum(height * exp(-(((number - peak) / width) ** 2)) for peak, width, height in floods)
        yield round(28.5 + 0.3 * sin(number / 144 * 2 * pi) + flood + ripples.gauss(0, 0.03), 3)


async def _fill(path: Path) -> None:
    store = SqliteStore(path)
    await store.open()
    times = [BEGIN + number * STEP_MS for number in range(DAYS * DAY_MS // STEP_MS)]
    for device in range(DEVICES):
        points: dict[str, list[Cell]] = {POINT: list(levels(device))}
        types = {POINT: PointType.FLOAT}
        block = Columns("yen-bai", f"gw-{device // 20}", f"river-{device}", PROFILE, times, points, {}, types)
        await store.write([block], [])
    await store.close()


def _bare(path: Path) -> float:
    """The same rows out of SQLite as one would by hand, with their smallest and largest value."""
    begun = time.perf_counter()
    reader = sqlite3.connect(path)
    for device in range(DEVICES):
        rows = reader.execute("SELECT at, value FROM reading WHERE series = ? ORDER BY at", (device + 1,)).fetchall()
        values = [value for _, value in rows]
        assert len([at for at, _ in rows]) == DAYS * DAY_MS // STEP_MS
        assert min(values) < max(values)
    reader.close()
    return time.perf_counter() - begun


async def _rehearse(path: Path, folder: Path) -> dict[str, Run]:
    store, state = SqliteStore(path), SqlStateStore(f"sqlite:///{folder / 'state.sqlite3'}")
    await store.open()
    rehearsals = Rehearsals(
        store, state, load_catalogue().profiles, places=Places(), passages=lambda gateway, device: ()
    )
    runs = {}
    for name in KINDS:
        begun, busy = time.perf_counter(), time.process_time()
        report = await rehearsals.rehearse(Wish(rule(name), BEGIN, BEGIN + DAYS * DAY_MS))
        runs[name] = Run(
            time.perf_counter() - begun, time.process_time() - busy, report.totals.alarms, report.totals.readings
        )
    await store.close()
    state.close()
    return runs


if __name__ == "__main__":
    main()
