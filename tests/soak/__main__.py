"""`make soak MINUTES=60`: the whole platform under steady load; a table, and one line of JSON last.

It ends by itself, and everything that it started ends with it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from tests.benchmarks.runs import is_up, program
from tests.servers import HOST, free_port, run_influxd, run_mosquitto
from tests.soak.figures import Growth, Sample, Slowness, growth_of, slowness_of
from tests.soak.load import Load
from tests.soak.stage import GATEWAYS, PULSE, gauges_of, write_agent, write_centre
from tests.waiting import until

SAMPLE_EVERY_S = 10.0
SETTLES_S = 3.0


@dataclass(frozen=True, slots=True)
class Soaked:
    """What a soak found."""

    minutes: float
    store: str
    readings: int
    readings_per_s: int
    processes: Mapping[str, Growth]
    latencies: Mapping[str, Slowness]


def main() -> None:
    """Runs for so many minutes."""
    words = argparse.ArgumentParser()
    words.add_argument("--minutes", type=float, default=60.0)
    words.add_argument("--store", choices=("influx", "sqlite"), default="influx")
    asked = words.parse_args()
    people = Console(stderr=True, width=120)
    with tempfile.TemporaryDirectory(prefix="thacba-soak-") as name:
        soaked = _soaked(Path(name), asked.minutes, asked.store)
    people.print(_table_of_processes(soaked))
    people.print(_table_of_latencies(soaked))
    sys.stdout.write(json.dumps({"soak": asdict(soaked)}) + "\n")


def _soaked(folder: Path, minutes: float, store_kind: str) -> Soaked:
    with ExitStack() as stack:
        broker = stack.enter_context(run_mosquitto())
        pids = {"mosquitto": broker.pid}
        store: dict[str, Any] = {"kind": "sqlite"}
        if store_kind == "influx":
            influx = stack.enter_context(run_influxd())
            pids["influxd"] = influx.pid
            store = {"kind": "influx", "url": influx.url, "database": "soak"}
        port, ports = free_port(), {gateway: free_port() for gateway in GATEWAYS}
        file = write_centre(folder, port=port, broker=broker.url, store=store)
        pids["centre"] = stack.enter_context(
            program(folder, "centre", ["-m", "cloud", "serve", "--config", str(file)])
        ).pid
        until(lambda: is_up(port), 60)
        for gateway in GATEWAYS:
            config = write_agent(folder, gateway, port=ports[gateway], broker=broker.url)
            words = ["-m", "edge_agent", "run", "--config", str(config)]
            pids[gateway] = stack.enter_context(program(folder, gateway, words)).pid
        load = Load(f"http://{HOST}:{port}", _token(file), ports)
        until(lambda: all(_listens(each) for each in ports.values()), 30)
        samples, begin, end = asyncio.run(_worked(load, broker.port, pids, minutes * 60))
    return Soaked(
        minutes,
        store_kind,
        load.readings,
        round(load.readings / (end - begin)),
        {name: growth_of(some) for name, some in samples.items()},
        {name: slowness_of(some, begin=begin, end=end) for name, some in load.latencies.items()},
    )


async def _worked(
    load: Load, broker: int, pids: Mapping[str, int], seconds: float
) -> tuple[dict[str, list[Sample]], float, float]:
    """The work until the time is over; a worker that fails ends the soak."""
    samples: dict[str, list[Sample]] = {name: [] for name in pids}
    async with asyncio.TaskGroup() as group:
        works = [load.pulse(), load.watch(), load.ask(), load.overhear(broker)]
        works += [load.push(gateway, each) for gateway in GATEWAYS for each in gauges_of(gateway) if each != PULSE]
        tasks = [group.create_task(work) for work in works]
        await asyncio.sleep(SETTLES_S)
        begin = time.monotonic()
        while (now := time.monotonic()) < begin + seconds:
            for name, pid in pids.items():
                samples[name].append(_look(pid, now - begin))
            await asyncio.sleep(min(SAMPLE_EVERY_S, max(0.1, begin + seconds - time.monotonic())))
        for task in tasks:
            task.cancel()
    return samples, begin, time.monotonic()


def _look(pid: int, at_s: float) -> Sample:
    process = psutil.Process(pid)
    return Sample(round(at_s, 1), process.memory_info().rss / 2**20, process.num_fds())


def _token(file: Path) -> str:
    command = [sys.executable, "-m", "cloud", "token", "add", "soak", "--config", str(file), "--role", "viewer"]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.strip()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def _table_of_processes(soaked: Soaked) -> Table:
    title = f"Soak: {soaked.minutes:g} min on {soaked.store}, {soaked.readings_per_s} readings/s"
    table = Table(title=title, title_justify="left")
    for heading in ("process", "RSS MB", "MB/h", "%/h", "descriptors", "per h"):
        table.add_column(heading, justify="left" if heading == "process" else "right")
    for name, growth in soaked.processes.items():
        table.add_row(name, *(f"{value:,}" for value in asdict(growth).values()))
    return table


def _table_of_latencies(soaked: Soaked) -> Table:
    table = Table(title="Latency, p99", title_justify="left")
    for heading in ("what", "count", "first third s", "last third s"):
        table.add_column(heading, justify="left" if heading == "what" else "right")
    for name, slowness in soaked.latencies.items():
        table.add_row(name, *(f"{value:,}" for value in asdict(slowness).values()))
    return table


if __name__ == "__main__":
    main()
