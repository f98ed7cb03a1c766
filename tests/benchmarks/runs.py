"""The measured runs: a bare client, the centre on InfluxDB, the centre on its embedded store, an agent."""

from __future__ import annotations

import asyncio
import http.client
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from cloud.store.base import Columns
from cloud.store.line_protocol import encode_columns
from device_profiles.load import load_catalogue
from device_profiles.wire import absolute_times
from simulators.device import constant
from simulators.devices.modbus import ModbusDevice
from simulators.load.traffic import Traffic, block_of, gateway_id
from tests.benchmarks.places import write_agent, write_centre
from tests.servers import InfluxServer, Server, free_port
from tests.waiting import until

LINES_PER_BODY = 5_000  # about 0.5 MB, the size at which InfluxDB is quickest
AGENT_DEVICES = ("power_meter_sdm630",) * 3 + ("river_gauge_radar",) * 3  # 51 points
AGENT_SETTLES_S = 12.0
AGENT_MEASURED_S = 15.0


@dataclass(frozen=True, slots=True)
class Ingest:
    """How fast readings went in."""

    readings: int
    seconds: float
    cpu_s: float
    rss_mb: float
    server_cpu_s: float

    @property
    def per_s(self) -> float:
        """Readings per second."""
        return self.readings / self.seconds

    @property
    def cpu_s_per_million(self) -> float:
        """CPU seconds of our program per million readings."""
        return self.cpu_s / self.readings * 1e6


@dataclass(frozen=True, slots=True)
class AgentRun:
    """What an agent costs while it reads."""

    points: int
    rss_mb: float
    cpu_percent: float
    readings: int


def bare_client(influx: InfluxServer, traffic: Traffic) -> Ingest:
    """Posts the same lines, encoded beforehand, one body after the other on one connection."""
    warm_up = list(_bodies(traffic, range(1)))
    bodies = list(_bodies(traffic, range(1, traffic.rounds + 1)))
    influx.request("/query", form={"q": "CREATE DATABASE bare"})
    server = psutil.Process(influx.pid)
    connection = http.client.HTTPConnection("127.0.0.1", influx.port, timeout=60)
    _post(connection, warm_up)
    server_before, own_before, begin = _cpu(server), time.process_time(), time.monotonic()
    _post(connection, bodies)
    seconds = time.monotonic() - begin
    cpu = time.process_time() - own_before
    connection.close()
    return Ingest(traffic.readings, seconds, cpu, 0.0, _cpu(server) - server_before)


def _post(connection: http.client.HTTPConnection, bodies: Sequence[bytes]) -> None:
    for body in bodies:
        connection.request("POST", "/write?db=bare&precision=ms", body)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 204, answer.status


def centre(folder: Path, broker: Server, traffic: Traffic, influx: InfluxServer | None) -> Ingest:
    """A fleet publishes to the real centre; the clock stops with the last receipt."""
    store: dict[str, Any] = {"kind": "sqlite"}
    if influx is not None:
        store = {"kind": "influx", "url": influx.url, "database": "centre", "gzip": False}
    port = free_port()
    file = write_centre(folder, port=port, broker=broker.url, store=store, gateways=traffic.gateways)
    with program(folder, "centre", ["-m", "cloud", "serve", "--config", str(file)]) as process:
        until(lambda: is_up(port), within_s=60)
        ours = psutil.Process(process.pid)
        server = psutil.Process(influx.pid) if influx else None
        command = [sys.executable, "-m", "simulators.load", broker.url]
        command += ["--gateways", str(traffic.gateways), "--rounds", str(traffic.rounds)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as load:
            assert load.stdout is not None
            assert json.loads(load.stdout.readline()) == {"warm": True}
            before, server_before = _cpu(ours), _cpu(server) if server else 0.0
            figures = json.loads(load.stdout.readline())
        assert load.returncode == 0
        server_cpu = _cpu(server) - server_before if server else 0.0
        return Ingest(figures["readings"], figures["seconds"], _cpu(ours) - before, peak_mb(process.pid), server_cpu)


async def agent(folder: Path, broker: Server) -> AgentRun:
    """An agent reads 51 points of Modbus devices every second while the broker takes what it sends."""
    catalogue = load_catalogue()
    async with AsyncExitStack() as stack:
        devices = []
        for number, name in enumerate(AGENT_DEVICES):
            profile = catalogue[name]
            values = {point.key: (point.limits.minimum or 0.0) + 50.0 for point in profile.points}
            device = await stack.enter_async_context(ModbusDevice(profile, constant(**values)))
            connection = {"kind": "modbus", "host": "127.0.0.1", "port": device.port, "unit": device.unit}
            devices.append({"id": f"device-{number}", "profile": name, "connection": connection})
        file = write_agent(folder, broker=broker.url, devices=devices)
        with program(folder, "agent", ["-m", "edge_agent", "run", "--config", str(file)]) as process:
            ours = psutil.Process(process.pid)
            await asyncio.sleep(AGENT_SETTLES_S)
            before, begin = _cpu(ours), time.monotonic()
            await asyncio.sleep(AGENT_MEASURED_S)
            cpu = 100 * (_cpu(ours) - before) / (time.monotonic() - begin)
            rss = ours.memory_info().rss / 2**20
            assert process.poll() is None
        points = sum(len(catalogue[name].points) for name in AGENT_DEVICES)
        return AgentRun(points, rss, cpu, points)


@contextmanager
def program(folder: Path, name: str, arguments: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """A child that ends with the block; what it says goes into a file beside its configuration."""
    with (folder / f"{name}.log").open("ab") as log:
        process = subprocess.Popen([sys.executable, *arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _bodies(traffic: Traffic, rounds: range) -> Iterator[bytes]:
    profile = load_catalogue()[block_of(traffic, 0, 0).profile]
    types = {point.key: point.type for point in profile.points}
    lines: list[bytes] = []
    rows = 0
    for turn in rounds:
        for gateway in range(traffic.gateways):
            block = block_of(traffic, gateway, turn)
            columns = Columns(
                site="load-site",
                gateway=gateway_id(gateway),
                device=block.device,
                profile=block.profile,
                times=absolute_times(block.times),
                points=block.points,
                quality={},
                types=types,
            )
            lines.append(encode_columns(columns))
            rows += len(block.times)
            if rows >= LINES_PER_BODY:
                yield b"".join(lines)
                lines, rows = [], 0
    if lines:
        yield b"".join(lines)


def is_up(port: int) -> bool:
    """True when a centre answers and finds itself well."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def peak_mb(pid: int) -> float:
    """The most memory that a process ever had."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    (peak,) = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
    return int(peak) / 1024
