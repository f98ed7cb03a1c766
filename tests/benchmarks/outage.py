"""InfluxDB is away for an hour at 2,000 readings/s: memory, alarms meanwhile, and whether all is stored afterwards.

`python -m tests.benchmarks.outage --minutes 60 --rate 2000`: real agents (pushed devices), Mosquitto, InfluxDB, centre.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack, closing, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import linear_regression, mean
from typing import Any, NoReturn

import httpx
import psutil
import tomli_w
from rich.console import Console
from rich.table import Table

from device_profiles.clock import SystemClock
from tests.benchmarks.places import write_centre
from tests.cloud.notify.contents import Receiver, receiver
from tests.servers import InfluxServer, Server, free_port, run_influxd, run_mosquitto
from tests.waiting import eventually

PROFILE, POINT = "rain_gauge_tipping", "rain_mm"
KEY = "benchmark"
AGENTS, GAUGES = 4, 5  # gauges of one agent
ALARM_GAUGE = "gauge-alarm"
WET, DRY = 39.0, 1.0  # above and below the rule's levels
ALARM_EVERY_S = 60.0
SAMPLE_S = 10.0
WARM_S = 20.0
TAIL_S = 10.0  # the rate goes on behind the outage
STUCK_S = 90.0  # nothing more is stored for so long: that is all
CLOCK = SystemClock()


@dataclass
class Figures:
    """What the run came to."""

    minutes: float
    rate: int
    produced: int = 0
    stored: int = 0
    alarms_provoked: int = 0
    alarms_meanwhile: int = 0
    platform_alarms: int = 0
    longest_alarm_s: float = 0.0
    drain_s: float = 0.0
    rss_first_mb: float = 0.0
    rss_last_mb: float = 0.0
    rss_peak_mb: float = 0.0
    rss_slope_pct_per_h: float = 0.0


@dataclass
class Gauges:
    """Every pushing device; `acknowledged` counts what agents answered 202 to."""

    ports: list[int]
    rate: int
    acknowledged: int = 0
    provoked: dict[int, float] = field(default_factory=dict)  # observed_at of an alarm's reading -> when it was pushed
    is_away: bool = False

    async def push_steadily(self, port: int, name: str, stop: asyncio.Event) -> None:
        """One gauge: every second the documents of a second."""
        share = max(1, self.rate // (len(self.ports) * GAUGES))
        async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
            begin, due, number = CLOCK.now_ms() - 1000, CLOCK.monotonic(), 0
            while not stop.is_set():  # no time twice: an agent takes a document with a known id once
                times = [begin + 1000 * (number + place) // share for place in range(share)]
                values = [(number + place) % 300 / 10 for place in range(share)]
                await self._push(client, port, name, dict(zip(times, values, strict=True)))
                number, due = number + share, due + 1.0
                await CLOCK.sleep(max(0.0, due - CLOCK.monotonic()))

    async def provoke(self, port: int) -> NoReturn:
        """One gauge that is dry, and very wet once a minute."""
        async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
            while True:
                now = CLOCK.now_ms()
                if self.is_away:
                    self.provoked[now] = CLOCK.monotonic()
                await self._push(client, port, ALARM_GAUGE, {now: WET})
                for _ in range(6):
                    await CLOCK.sleep(ALARM_EVERY_S / 6)
                    await self._push(client, port, ALARM_GAUGE, {CLOCK.now_ms(): DRY})

    async def _push(self, client: httpx.AsyncClient, port: int, name: str, values: dict[int, float]) -> None:
        documents = [{"id": f"{name}-{at}", "observed_at": at, POINT: value} for at, value in values.items()]
        headers = {"Authorization": f"Bearer {KEY}"}
        while True:
            answer = await client.post(f"http://127.0.0.1:{port}/push/{name}", json=documents, headers=headers)
            if answer.status_code == httpx.codes.ACCEPTED:
                self.acknowledged += len(documents)
                return
            await CLOCK.sleep(0.1)


async def measure(minutes: float, rate: int, people: Console) -> Figures:
    """The whole run."""
    figures = Figures(minutes, rate)
    with (
        tempfile.TemporaryDirectory(prefix="thacba-outage-") as name,
        run_influxd() as influx,
        run_mosquitto() as broker,
    ):
        folder = Path(name)
        async with AsyncExitStack() as stack:
            hook = await stack.enter_async_context(receiver())
            centre = stack.enter_context(_program("cloud", "serve", _centre(folder, broker, influx, hook), folder))
            ports = [free_port() for _ in range(AGENTS)]
            agents = [
                stack.enter_context(_program("edge_agent", "run", _agent(folder, broker, number, port), folder))
                for number, port in enumerate(ports)
            ]
            await eventually(lambda: all(map(_answers, ports)), within_s=60)
            gauges, stop = Gauges(ports, rate), asyncio.Event()
            async with asyncio.TaskGroup() as group:
                for port in ports:
                    for gauge in range(GAUGES):
                        group.create_task(gauges.push_steadily(port, f"gauge-{gauge}", stop))
                wet = group.create_task(gauges.provoke(ports[0]))
                await CLOCK.sleep(WARM_S)
                back_at = await _outage(figures, gauges, influx, hook, psutil.Process(centre.pid), people)
                await CLOCK.sleep(TAIL_S)
                stop.set()
                wet.cancel()
            await _drain(influx, gauges.acknowledged, people)
            figures.drain_s = round(CLOCK.monotonic() - back_at, 1)
            figures.rss_last_mb = psutil.Process(centre.pid).memory_info().rss / 2**20
            for agent in agents:
                agent.terminate()
                await asyncio.to_thread(agent.wait, 30)
            figures.produced = sum(_produced(folder / f"agent-{number}") for number in range(AGENTS))
            figures.stored = _stored(influx)
    return figures


async def _drain(influx: InfluxServer, wanted: int, people: Console) -> None:
    """Until everything that was acknowledged is stored, or nothing more has come for a long while."""
    stored, moved_at = 0, CLOCK.monotonic()
    while stored < wanted and CLOCK.monotonic() - moved_at < STUCK_S:
        before, stored = stored, await asyncio.to_thread(_stored, influx)
        if stored > before:
            people.print(f"{stored:,} of {wanted:,} stored")
            moved_at = CLOCK.monotonic()
        await CLOCK.sleep(1.0)


async def _outage(
    figures: Figures, gauges: Gauges, influx: InfluxServer, hook: Receiver, centre: psutil.Process, people: Console
) -> float:
    """InfluxDB stands still for so long; returns when it was back."""
    await asyncio.to_thread(influx.stop)
    gauges.is_away, began, before = True, CLOCK.monotonic(), len(hook.requests)
    heard: dict[int, float] = {}
    samples: list[tuple[float, float]] = []
    while (since := CLOCK.monotonic() - began) < figures.minutes * 60:
        samples.append((since / 3600, centre.memory_info().rss / 2**20))
        people.print(f"{since:7.0f} s away, centre {samples[-1][1]:.1f} MB, {len(heard)} alarms")
        until = CLOCK.monotonic() + min(SAMPLE_S, figures.minutes * 60 - since)
        while CLOCK.monotonic() < until:
            await CLOCK.sleep(0.2)
            for at in _raised(hook, before):
                heard.setdefault(at, CLOCK.monotonic())
    gauges.is_away = False
    warm = samples[len(samples) // 5 :]
    figures.rss_first_mb, figures.rss_peak_mb = warm[0][1], max(rss for _, rss in samples)
    if len(warm) > 1:
        slope = linear_regression([at for at, _ in warm], [rss for _, rss in warm]).slope
        figures.rss_slope_pct_per_h = round(100 * slope / mean(rss for _, rss in warm), 2)
    figures.alarms_provoked, figures.alarms_meanwhile = len(gauges.provoked), len(heard.keys() & gauges.provoked.keys())
    late = [heard[at] - gauges.provoked[at] for at in heard.keys() & gauges.provoked.keys()]
    figures.longest_alarm_s = round(max(late, default=0.0), 2)
    figures.platform_alarms = sum(content["rule"].startswith("platform_") for content in _contents(hook, before))
    await asyncio.to_thread(influx.start)
    return CLOCK.monotonic()


def _contents(hook: Receiver, first: int) -> Iterator[dict[str, Any]]:
    for request in hook.requests[first:]:
        yield json.loads(request.body)


def _raised(hook: Receiver, first: int) -> set[int]:
    """Which alarms of the rule were told: by the time of the reading that raised them."""
    return {each["observed_at"] for each in _contents(hook, first) if (each["rule"], each["kind"]) == ("wet", "raised")}


def _centre(folder: Path, broker: Server, influx: InfluxServer, hook: Receiver) -> Path:
    store = {"kind": "influx", "url": influx.url, "database": "outage"}
    url = f"mqtt://127.0.0.1:{broker.port}"
    path = write_centre(folder, port=free_port(), broker=url, store=store, gateways=AGENTS)
    level = {"name": "wet", "severity": 2, "above": 35.0, "clear": 32.0}
    rule = {
        "id": "wet",
        "version": 1,
        "text": {"vi": "Mưa lớn {value}", "en": "Heavy rain {value}"},
        "instruction": {"vi": "Xem", "en": "Look"},
        "owner": "bench",
        "source": "bench",
        "confirmed": True,
        "selector": {"profile": PROFILE, "point": POINT, "devices": [ALARM_GAUGE]},
        "kind": {"kind": "threshold", "unit": "mm", "levels": [level]},
        "flap": {"raises": 0},  # it is raised once a minute on purpose, and each time is to be told
    }
    (folder / "rules" / "wet.toml").write_text(tomli_w.dumps(rule), encoding="utf-8")
    channel = {"kind": "webhook", "name": "ops", "url": hook.url, "allow_private": True, "digests": False}
    more = tomli_w.dumps({"notify": {"channels": [channel]}})
    path.write_text(path.read_text(encoding="utf-8") + more, encoding="utf-8")
    return path


def _agent(folder: Path, broker: Server, number: int, port: int) -> Path:
    name = {"vi": "Tủ", "en": "Gateway"}
    gauges = [f"gauge-{gauge}" for gauge in range(GAUGES)] + [ALARM_GAUGE] * (number == 0)
    connection = {"kind": "http_push", "key_file": "key", "max_bytes": 1_048_576}
    table = {
        "gateway": {"id": f"load-{number:05d}", "name": name, "data_dir": f"agent-{number}"},
        "broker": {"url": f"mqtt://127.0.0.1:{broker.port}"},
        "listen": {"port": port},
        "devices": [{"id": each, "profile": PROFILE, "name": name, "connection": connection} for each in gauges],
    }
    (folder / "key").write_text(KEY)
    path = folder / f"gateway-{number}.toml"
    path.write_text(tomli_w.dumps(table), encoding="utf-8")
    return path


@contextmanager
def _program(module: str, verb: str, config: Path, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / f"{config.stem}.log").open("wb") as log:
        command = [sys.executable, "-m", module, verb, "--config", str(config)]
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def _answers(port: int) -> bool:
    try:
        httpx.get(f"http://127.0.0.1:{port}/", timeout=5, trust_env=False)
    except httpx.HTTPError:
        return False
    return True


def _stored(influx: InfluxServer) -> int:
    rows = influx.query(f'SELECT count("{POINT}") FROM "{PROFILE}"', "outage")  # noqa: S608 -- constants of ours
    return int(str(rows[0]["count"])) if rows else 0


def _produced(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "outbox.sqlite3")) as base:
        return int(base.execute("SELECT coalesce(sum(readings), 0) FROM produced").fetchone()[0])


def main() -> None:
    """Reads the arguments, runs, prints a table and one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0, help="how long InfluxDB is away")
    parser.add_argument("--rate", type=int, default=2000, help="readings a second over all agents")
    wanted = parser.parse_args()
    people = Console(stderr=True, width=120)
    figures = asdict(asyncio.run(measure(wanted.minutes, wanted.rate, people)))
    table = Table("figure", "value", title="InfluxDB away", title_justify="left")
    for name, value in figures.items():
        table.add_row(name, f"{value:,}" if isinstance(value, int) else f"{value:,.2f}")
    people.print(table)
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
