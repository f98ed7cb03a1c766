"""`python -m tests.benchmarks.backlog`: a week offline, then the link returns. A table, and one line of JSON last.

```
 pushing gauge --> agent (its outbox holds the week) --> proxy, down and then up --> Mosquitto <-- centre
```
The age of the newest stored reading of the gauge is looked at from outside, in the store: it is the delay of live data.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import tomli_w
from rich.console import Console
from rich.table import Table

from cloud.ingest.ledger import Ledger
from cloud.store.sql import SqlStateStore
from simulators.load.traffic import gateway_id
from tests.benchmarks.offline_week import Filled, Week, fill
from tests.benchmarks.places import write_centre
from tests.benchmarks.runs import is_up, peak_mb, program
from tests.faults.tools.proxy import Proxy, proxy_to
from tests.servers import HOST, InfluxServer, Server, free_port, run_influxd, run_mosquitto
from tests.waiting import eventually, until

GAUGE, GAUGE_PROFILE, GAUGE_POINT, KEY = "live-gauge", "rain_gauge_tipping", "rain_mm", "backlog-bench"
LAST_IN_INFLUX = "SELECT last(rain_mm) FROM rain_gauge_tipping WHERE device = 'live-gauge'"
GATEWAY = gateway_id(0)
LIVE_EVERY_S = 0.1
LOOK_EVERY_S = 0.05
OFFLINE_S = 12.0  # of this run, before the link returns: the agent's back-off is at its longest
Newest = Callable[[], int]  # when the newest stored reading of the gauge was observed


@dataclass(frozen=True, slots=True)
class Figures:
    """What the issue asks for."""

    readings: int
    batches: int
    disk_mb: float
    fill_per_s: int
    ready_s: float
    first_live_s: float
    drain_s: float
    drain_per_s: int
    worst_live_s: float
    p99_live_s: float
    agent_rss_mb: float
    agent_cpu_s: float
    centre_rss_mb: float
    centre_cpu_s: float


@dataclass(slots=True)
class Gauge:
    """Pushes one document of now every tenth of a second, and waits for each answer."""

    port: int
    first_answer_at: float = 0.0

    async def run(self) -> None:
        """For ever."""
        total = 0
        async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
            while True:
                total += 1
                document = {GAUGE_POINT: total % 30 / 10, "observed_at": time.time_ns() // 1_000_000}
                if await self._taken(client, document) and not self.first_answer_at:
                    self.first_answer_at = time.monotonic()
                await asyncio.sleep(LIVE_EVERY_S if self.first_answer_at else 0.01)

    async def _taken(self, client: httpx.AsyncClient, document: dict[str, float]) -> bool:
        headers = {"Authorization": f"Bearer {KEY}"}
        try:
            answer = await client.post(f"http://{HOST}:{self.port}/push/{GAUGE}", json=document, headers=headers)
        except httpx.HTTPError:
            return False
        return answer.status_code == httpx.codes.ACCEPTED


def main() -> None:
    """Fills, starts, links, drains, reports."""
    words = argparse.ArgumentParser()
    words.add_argument("--readings", type=int, default=6_048_000)
    words.add_argument("--most-s", type=int, default=10, help="batches hold 1 to so many seconds of readings")
    words.add_argument("--store", choices=("sqlite", "influx"), default="sqlite")
    asked = words.parse_args()
    people = Console(stderr=True, width=120)
    with tempfile.TemporaryDirectory(prefix="thacba-backlog-") as name:
        folder = Path(name)
        asked_for = Week(asked.readings, time.time_ns() // 1_000_000, most_rows=asked.most_s)
        week = fill(folder / "edge", asked_for)
        people.print(f"{week.readings:,} readings in {week.batches:,} batches, {week.file_bytes / 1e6:,.0f} MB")
        with run_mosquitto() as broker:
            if asked.store == "influx":
                with run_influxd() as influx:
                    figures = asyncio.run(_measured(folder, broker, week, influx))
            else:
                figures = asyncio.run(_measured(folder, broker, week, None))
    table = Table(title="Thacba backlog", title_justify="left", show_header=False)
    for key, value in asdict(figures).items():
        table.add_row(key, f"{value:,}")
    people.print(table)
    sys.stdout.write(json.dumps({"backlog": {"store": asked.store, **asdict(figures)}}) + "\n")


async def _measured(folder: Path, broker: Server, week: Filled, influx: InfluxServer | None) -> Figures:
    port, gauge = free_port(), Gauge(free_port())
    store: dict[str, Any] = {"kind": "sqlite"}
    if influx is not None:
        store = {"kind": "influx", "url": influx.url, "database": "centre", "gzip": False}
    centre_file = write_centre(folder, port=port, broker=broker.url, store=store, gateways=1)
    _forget_cached(folder / "edge")
    async with proxy_to(broker.port) as link:
        link.become(down=True)
        agent_file = _write_agent(folder, f"mqtt://{HOST}:{link.port}", gauge.port)
        with program(folder, "centre", ["-m", "cloud", "serve", "--config", str(centre_file)]) as centre:
            await asyncio.to_thread(until, lambda: is_up(port), 60)
            started = time.monotonic()
            with program(folder, "agent", ["-m", "edge_agent", "run", "--config", str(agent_file)]) as agent:
                async with asyncio.TaskGroup() as group:
                    pushing = group.create_task(gauge.run())
                    await eventually(lambda: gauge.first_answer_at or agent.poll() is not None, 120)
                    await asyncio.sleep(OFFLINE_S)
                    newest = _newest_in_influx(influx) if influx else _newest_in(folder / "data" / "readings.sqlite3")
                    drained = await _drain(folder, link, week, newest)
                    pushing.cancel()
                link.become(down=True)  # nobody says farewell through a proxy whose loop waits for them to end
                link.cut()
                await asyncio.sleep(LOOK_EVERY_S)
                used = [psutil.Process(process.pid).cpu_times() for process in (agent, centre)]
                return Figures(
                    readings=week.readings,
                    batches=week.batches,
                    disk_mb=round(week.file_bytes / 1e6, 1),
                    fill_per_s=round(week.readings / week.seconds),
                    ready_s=round(gauge.first_answer_at - started, 2),
                    first_live_s=round(drained.first_live_s, 2),
                    drain_s=round(drained.seconds, 1),
                    drain_per_s=round(week.readings / drained.seconds),
                    worst_live_s=round(max(drained.ages), 2),
                    p99_live_s=round(sorted(drained.ages)[int(len(drained.ages) * 0.99)], 2),
                    agent_rss_mb=round(peak_mb(agent.pid), 1),
                    agent_cpu_s=round(used[0].user + used[0].system, 1),
                    centre_rss_mb=round(peak_mb(centre.pid), 1),
                    centre_cpu_s=round(used[1].user + used[1].system, 1),
                )


@dataclass(frozen=True, slots=True)
class _Drained:
    first_live_s: float
    seconds: float  # from the first live reading until the centre has the whole week
    ages: list[float]  # of the newest stored live reading, at each look


async def _drain(folder: Path, link: Proxy, week: Filled, newest: Newest) -> _Drained:
    up_at, up_ms = time.monotonic(), time.time_ns() // 1_000_000
    link.become(down=False)
    await eventually(lambda: newest() >= up_ms, 60)
    live_at, ages = time.monotonic(), []
    with _ledger(folder) as stored:
        while True:
            ages.append(time.time_ns() / 1e9 - await asyncio.to_thread(newest) / 1e3)
            if len(ages) % 20 == 0 and await asyncio.to_thread(stored) >= week.readings:
                break
            await asyncio.sleep(LOOK_EVERY_S)
    return _Drained(live_at - up_at, time.monotonic() - live_at, ages)


@contextmanager
def _ledger(folder: Path) -> Iterator[Callable[[], int]]:
    state = SqlStateStore(f"sqlite:///{folder / 'data' / 'centre.sqlite3'}")
    try:
        yield lambda: Ledger(state.accounts()).terms().stored
    finally:
        state.close()


def _newest_in(file: Path) -> Newest:
    def newest() -> int:
        statement = "SELECT max(at) FROM reading WHERE series = (SELECT id FROM series WHERE device = ? AND point = ?)"
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=30)) as base:
            return int(base.execute(statement, (GAUGE, GAUGE_POINT)).fetchone()[0] or 0)

    return newest


def _newest_in_influx(influx: InfluxServer) -> Newest:
    def newest() -> int:
        rows = influx.query(LAST_IN_INFLUX, "centre")
        return int(str(rows[0]["time"])) if rows else 0

    return newest


def _write_agent(folder: Path, broker: str, port: int) -> Path:
    (folder / "key").write_text(KEY)
    name, pushed = {"vi": "Trạm", "en": "Station"}, {"kind": "http_push", "key_file": "key"}
    devices = [{"id": GAUGE, "profile": GAUGE_PROFILE, "name": name, "connection": pushed}]  # the meters are gone
    table = {
        "gateway": {"id": GATEWAY, "name": name, "data_dir": "edge"},
        "broker": {"url": broker},
        "listen": {"port": port},
        "devices": devices,
    }
    path = folder / "gateway.toml"
    path.write_text(tomli_w.dumps(table), encoding="utf-8")
    return path


def _forget_cached(folder: Path) -> None:
    """The week is not in the memory of the machine when the agent starts after a power cut."""
    for path in folder.iterdir():
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)


if __name__ == "__main__":
    main()
