"""A province with a guarded broker and a real centre, and a box out of its carton: all of them real programs."""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from device_profiles.load import CATALOGUE, load_catalogue
from simulators.devices.modbus import ModbusDevice
from tests.cloud.brokering.guarded import GuardedBroker, guarded_broker
from tests.cloud.stage import AREAS
from tests.servers import HOST, free_port
from tests.waiting import until

SITE = """
id = "mu-cang-chai"
name = { vi = "Cầu Mù Cang Chải", en = "Mù Cang Chải bridge" }
area = "lao-cai"
lat = 21.8467
lon = 104.0853
"""
CENTRE = """
data_dir = "{data}"
sites_dir = "sites"
[http]
port = {port}
cookie_secure = false
[broker]
url = "mqtt://127.0.0.1:{centre_port}"
username = "@centre"
client_id = "@centre"
password_file = "{password}"
[broker.door]
crl_file = "{crl}"
log_file = "{log}"
pid_file = "{pid}"
fleet_port = {fleet_port}
[enrolment]
centre_url = "http://127.0.0.1:{port}"
broker_url = "mqtts://localhost:{fleet_port}"
page = "127.0.0.1:{page}"
[flow]
linger_s = 0.01
"""
LEVEL_M = 3.42
USER, PASSWORD = "truc-ban", "nước lên 3,42 mét"


@dataclass
class Program:
    """One of our programs; `log` is everything that it said."""

    arguments: Sequence[str]
    log_file: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns at once."""
        with self.log_file.open("ab") as log:
            command = [sys.executable, "-m", *self.arguments]
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def stop(self) -> None:
        """Ends it as the system does."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    @property
    def log(self) -> str:
        """What it said."""
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""


@dataclass
class Province:
    """The centre with its broker. `stop` and `start` take both away and bring them back."""

    broker: GuardedBroker
    config: Path
    url: str
    centre: Program
    page_port: int
    token: str = ""

    def start(self) -> None:
        """Returns when the centre answers."""
        if not self.broker.server.running:
            self.broker.server.start()
        self.centre.start()
        try:
            until(self._answers, 60)
        except TimeoutError as error:
            raise AssertionError(self.centre.log[-2000:]) from error

    def stop(self) -> None:
        """Nobody answers any more."""
        self.centre.stop()
        self.broker.server.stop()

    def say(self, *arguments: str, typed: str = "") -> str:
        """What a command of the centre prints."""
        command = [sys.executable, "-m", "cloud", *arguments, "--config", str(self.config)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, input=typed, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def expect_gateway(self, gateway: str) -> str:
        """The link of the label of a gateway that is expected at the site."""
        said = self.say("gateway", "add", "--site", "mu-cang-chai", "--id", gateway, "--profile", "river_gauge_radar")
        found = re.search(r"http://\S+", said)
        assert found, said
        return found[0]

    def get(self, path: str) -> dict[str, object]:
        """What the API answers; empty when it knows no such thing, or nobody answers."""
        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            answer = httpx.get(f"{self.url}/api/v1{path}", headers=headers, timeout=5, trust_env=False)
        except httpx.TransportError:
            return {}
        said: dict[str, object] = answer.json() if answer.is_success else {}
        return said

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/healthz", timeout=2, trust_env=False).status_code == 200
        except httpx.TransportError:
            return False


@dataclass
class Box:
    """A gateway out of its carton: data folder, agent and page; no device, no identity."""

    data: Path
    url: str
    agent: Program
    page: Program

    @property
    def code(self) -> str:
        """What the label inside the cabinet says."""
        label = (self.data / "page" / "label.txt").read_text()
        return label.rpartition(":")[2].strip()


@contextmanager
def province(folder: Path) -> Iterator[Province]:
    """One site, no gateway yet."""
    with guarded_broker() as broker:
        (folder / "sites").mkdir(parents=True)
        (folder / "sites" / "site.toml").write_text(SITE, encoding="utf-8")
        (folder / "sites" / "areas.toml").write_text(AREAS, encoding="utf-8")
        port, page_port, plan = free_port(), free_port(), broker.plan
        config = folder / "centre.toml"
        config.write_text(
            CENTRE.format(
                data=broker.folder, port=port, page=page_port, centre_port=plan.centre_port, fleet_port=plan.fleet_port,
                password=f"{plan.folder}/centre.password", crl=f"{plan.crl_folder}/crl.pem", log=plan.log_file,
                pid=plan.pid_file,
            ),
            encoding="utf-8",
        )  # fmt: skip
        centre = Program(["cloud", "serve", "--config", str(config)], folder / "centre.log")
        made = Province(broker, config, f"http://127.0.0.1:{port}", centre, page_port)
        made.say("user", "add", USER, "--role", "operator", typed=f"{PASSWORD}\n")
        made.token = made.say("token", "add", "watcher", "--role", "operator").split()[-1]
        try:
            made.start()
            yield made
        finally:
            centre.stop()


@contextmanager
def river_gauge() -> Iterator[int]:
    """The port of a Modbus river gauge that says 3.42 m."""
    profile = load_catalogue(CATALOGUE)["river_gauge_radar"]
    started: list[tuple[int, asyncio.AbstractEventLoop, asyncio.Event]] = []
    ready = threading.Event()

    async def serve() -> None:
        values = {"level_m": LEVEL_M, "velocity_m_s": 1.16, "batt_v": 12.8}
        over = asyncio.Event()
        async with ModbusDevice(profile, lambda _: values) as device:
            started.append((device.port, asyncio.get_running_loop(), over))
            ready.set()
            await over.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="gauge")
    thread.start()
    assert ready.wait(10)
    port, loop, over = started[0]
    try:
        yield port
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(10)


@contextmanager
def box(folder: Path, *, page_port: int, modbus_port: int) -> Iterator[Box]:
    """Switched on: the agent and the page run."""
    data = folder / "data"
    data.mkdir(parents=True)
    settings = folder / "gateway.toml"
    settings.write_text('[gateway]\ndata_dir = "data"\nbatch_s = 0.1\nhealth_period_s = 1\n', encoding="utf-8")
    agent = Program(["edge_agent", "run", "--config", str(settings)], folder / "agent.log")
    search = ["--network", HOST, "--modbus-port", str(modbus_port)]
    where = ["--data", str(data), "--host", HOST, "--port", str(page_port)]
    page = Program(["edge_agent", "page", *where, *search], folder / "page.log")
    made = Box(data, f"http://{HOST}:{page_port}", agent, page)
    try:
        agent.start()
        page.start()
        until(lambda: _opens(made.url) and (data / "control.sock").exists(), 60)
        yield made
    finally:
        page.stop()
        agent.stop()


def _opens(url: str) -> bool:
    try:
        return httpx.get(f"{url}/login", timeout=2, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def report(*programs: Program) -> str:
    """The last words of programs, for a failed test."""
    return "\n".join(f"--- {program.log_file.name}\n{program.log[-3000:]}" for program in programs)
