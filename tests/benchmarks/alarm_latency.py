"""From a reading at the gateway to its alarm at a webhook, while 2,000 readings a second meet 1,000 rules.

`python -m tests.benchmarks.alarm_latency --seconds 60`: real agents (pushed devices), Mosquitto, InfluxDB, centre.
The clock starts when the device hands its reading to the agent.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack, ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx
import tomli_w

from device_profiles.clock import SystemClock
from tests.benchmarks.places import write_centre
from tests.benchmarks.runs import is_up, program
from tests.cloud.notify.contents import Receiver, Request, receiver
from tests.servers import InfluxServer, Server, free_port, run_influxd, run_mosquitto
from tests.waiting import eventually

PROFILE, POINT = "rain_gauge_tipping", "rain_mm"
KEY = "benchmark"
AGENTS, GAUGES = 4, 5  # gauges of one agent that make the load
PUSHES_PER_S = 5
RULES, EVERYWHERE = 1_000, 100  # rules, and how many of them look at every gauge
WET, DRY = 39.0, 1.0
SETTLES_S = 5.0
PATIENCE_S = 30.0
CLOCK = SystemClock()


@dataclass(frozen=True, slots=True)
class Latency:
    """What the run came to; times in seconds."""

    rules: int
    readings_per_s: int
    alarms: int
    told: int
    p50_s: float
    p99_s: float
    longest_s: float


@dataclass
class Race:
    """When each wet gauge was read, and when its alarm was told."""

    pushed: dict[str, float] = field(default_factory=dict)
    told: dict[str, float] = field(default_factory=dict)
    readings: int = 0

    def hear(self, request: Request) -> bytes:
        """A webhook call: the first word about a gauge counts."""
        content = json.loads(request.body)
        if content["rule"] == "wet" and content["kind"] == "raised":
            self.told.setdefault(content["device"], time.monotonic())
        return b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"

    async def push(self, client: httpx.AsyncClient, port: int, device: str, values: dict[int, float]) -> None:
        """Hands readings to an agent; it answers when it has them on disk."""
        documents = [{"id": f"{device}-{at}", "observed_at": at, POINT: value} for at, value in values.items()]
        headers = {"Authorization": f"Bearer {KEY}"}
        answer = await client.post(f"http://127.0.0.1:{port}/push/{device}", json=documents, headers=headers)
        assert answer.status_code == httpx.codes.ACCEPTED, answer.text
        self.readings += len(documents)

    async def load(self, port: int, device: str, per_s: int) -> None:
        """One steady gauge, for ever."""
        async with httpx.AsyncClient(timeout=PATIENCE_S, trust_env=False) as client:
            share, due, newest = per_s // PUSHES_PER_S, CLOCK.monotonic(), CLOCK.now_ms()
            while True:
                now = max(newest + 1, CLOCK.now_ms())
                times = range(newest + 1, now + 1, max(1, (now - newest) // share))[:share]
                newest = now
                await self.push(client, port, device, {at: at % 300 / 10 for at in times})
                due += 1 / PUSHES_PER_S
                await CLOCK.sleep(max(0.0, due - CLOCK.monotonic()))

    async def wet(self, port: int, devices: Sequence[str], every_s: float) -> None:
        """One gauge after the other becomes wet."""
        async with httpx.AsyncClient(timeout=PATIENCE_S, trust_env=False) as client:
            for device in devices:
                self.pushed[device] = time.monotonic()
                await self.push(client, port, device, {CLOCK.now_ms(): WET})
                await CLOCK.sleep(every_s)


async def measure(seconds: float, rate: int, alarms: int) -> Latency:
    """The whole run."""
    race = Race()
    with tempfile.TemporaryDirectory(prefix="thacba-latency-") as name, ExitStack() as programs:
        folder = Path(name)
        influx, broker = programs.enter_context(run_influxd()), programs.enter_context(run_mosquitto())
        async with AsyncExitStack() as stack:
            hook = await stack.enter_async_context(receiver())
            hook.answer = race.hear
            port = free_port()
            config = _centre(folder, broker, influx, hook=hook, port=port)
            programs.enter_context(program(folder, "centre", ["-m", "cloud", "serve", "--config", str(config)]))
            await eventually(lambda: is_up(port), within_s=120)
            ports = [free_port() for _ in range(AGENTS)]
            for number, each in enumerate(ports):
                words = ["-m", "edge_agent", "run", "--config", str(_agent(folder, broker, number, each, alarms))]
                programs.enter_context(program(folder, f"agent-{number}", words))
            await eventually(lambda: all(map(_answers, ports)), within_s=60)
            per_gauge = rate // (AGENTS * GAUGES)
            async with asyncio.TaskGroup() as group:
                steady = [
                    group.create_task(race.load(each, f"gauge-{gauge}", per_gauge))
                    for each in ports
                    for gauge in range(GAUGES)
                ]
                await CLOCK.sleep(SETTLES_S)
                before, began = race.readings, time.monotonic()
                async with asyncio.TaskGroup() as wet:
                    for number, each in enumerate(ports):
                        names = _wet_gauges(number, alarms)
                        wet.create_task(race.wet(each, names, seconds / len(names)))
                per_s = round((race.readings - before) / (time.monotonic() - began))
                await eventually(lambda: len(race.told) >= len(race.pushed), within_s=PATIENCE_S)
                for task in steady:
                    task.cancel()
    late = sorted(race.told[device] - race.pushed[device] for device in race.told)
    p50, p99 = (round(late[math.ceil(len(late) * share) - 1], 3) for share in (0.5, 0.99))
    return Latency(RULES, per_s, len(race.pushed), len(race.told), p50, p99, round(late[-1], 3))


def _wet_gauges(agent: int, alarms: int) -> list[str]:
    return [f"wet-{agent}-{number}" for number in range(alarms // AGENTS)]


def _centre(folder: Path, broker: Server, influx: InfluxServer, *, hook: Receiver, port: int) -> Path:
    store = {"kind": "influx", "url": influx.url, "database": "latency"}
    channel = {
        "kind": "webhook",
        "name": "ops",
        "url": hook.url,
        "allow_private": True,
        "per_minute": 6000,
        "digests": False,
    }
    more = {"notify": {"channels": [channel]}}
    path = write_centre(folder, port=port, broker=broker.url, store=store, gateways=AGENTS, more=more)
    for file in (folder / "rules").glob("*.toml"):
        file.unlink()
    for number in range(RULES - 1):
        devices = [] if number < EVERYWHERE else [f"elsewhere-{number}"]
        _write_rule(folder, f"load_{number:04d}", above=100.0 + number / 100, devices=devices)
    _write_rule(folder, "wet", above=35.0, devices=[])
    return path


def _write_rule(folder: Path, name: str, *, above: float, devices: list[str]) -> None:
    rule: dict[str, Any] = {
        "id": name,
        "version": 1,
        "text": {"vi": "Mưa {value}", "en": "Rain {value}"},
        "instruction": {"vi": "Xem", "en": "Look"},
        "owner": "bench",
        "source": "bench",
        "confirmed": True,
        "selector": {"profile": PROFILE, "point": POINT, "devices": devices},
        "kind": {"kind": "threshold", "unit": "mm", "levels": [{"name": "wet", "severity": 1, "above": above}]},
    }
    (folder / "rules" / f"{name}.toml").write_text(tomli_w.dumps(rule), encoding="utf-8")


def _agent(folder: Path, broker: Server, number: int, port: int, alarms: int) -> Path:
    name = {"vi": "Tủ", "en": "Gateway"}
    gauges = [f"gauge-{gauge}" for gauge in range(GAUGES)] + _wet_gauges(number, alarms)
    connection = {"kind": "http_push", "key_file": "key"}
    table = {
        "gateway": {"id": f"load-{number:05d}", "name": name, "data_dir": f"agent-{number}"},
        "broker": {"url": broker.url},
        "listen": {"port": port},
        "devices": [{"id": each, "profile": PROFILE, "name": name, "connection": connection} for each in gauges],
    }
    (folder / "key").write_text(KEY)
    path = folder / f"gateway-{number}.toml"
    path.write_text(tomli_w.dumps(table), encoding="utf-8")
    return path


def _answers(port: int) -> bool:
    try:
        httpx.get(f"http://127.0.0.1:{port}/", timeout=5, trust_env=False)
    except httpx.HTTPError:
        return False
    return True


def main() -> None:
    """Reads the arguments, runs, prints one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--rate", type=int, default=2000, help="readings a second over all agents")
    parser.add_argument("--alarms", type=int, default=200)
    wanted = parser.parse_args()
    figures = asyncio.run(measure(wanted.seconds, wanted.rate, wanted.alarms))
    sys.stdout.write(json.dumps({"alarm_latency": asdict(figures)}) + "\n")


if __name__ == "__main__":
    main()
