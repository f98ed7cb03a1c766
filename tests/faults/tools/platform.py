"""The whole path as real processes that may be killed: gauges, agent, link through a proxy, Mosquitto, centre.

gauges --HTTP--> agent --proxy--> mosquitto <-- centre
                 data_dir: a folder or a lossy disk
"""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import asdict, dataclass, field
from pathlib import Path

from cloud.errors import StoreUnavailableError
from cloud.ingest.ledger import Ledger
from cloud.store.sql import SqlStateStore
from device_profiles.clock import SystemClock
from tests.cloud.stage import GATEWAY, write_config
from tests.faults.tools.devices import KEY, POINT, PROFILE, Gauges, gauges_at
from tests.faults.tools.proxy import Proxy, proxy_to
from tests.faults.tools.verifier import Verdict, judge, stored_at, stored_in
from tests.faults.tools.warm import Child, Starter
from tests.servers import InfluxServer, Server, free_port, run_mosquitto
from tests.waiting import eventually

READY_WITHIN_S = 60.0
DRAINED_WITHIN_S = 60.0
LOOK_EVERY_S = 0.2  # not too often: each look reads all of the store
AGENT = """
[gateway]
id = "{gateway}"
name = {{ vi = "Cổng thử", en = "Test gateway" }}
data_dir = "{data}"
batch_s = 0.05
health_period_s = {health_period_s}
[broker]
url = "mqtt://127.0.0.1:{broker}"
receipt_timeout_s = {receipt_timeout_s}
keep_alive_s = {keep_alive_s}
[listen]
port = {listen}
request_within_s = {request_within_s}
"""
GAUGE = """
[[devices]]
id = "{name}"
profile = "{profile}"
name = {{ vi = "Trạm mưa", en = "Rain gauge" }}
connection = {{ kind = "http_push", key_file = "key" }}
"""


@dataclass(frozen=True, slots=True)
class CentreSide:
    """Where a centre keeps what it has: its data folder, and a server of readings when it is not a file in there."""

    data: Path | None = None
    influx: InfluxServer | None = None
    more: str = ""  # of centre.toml

    @property
    def tables(self) -> str:
        """What goes to the end of centre.toml."""
        if self.influx is None:
            return self.more
        return f'{self.more}\n[store]\nkind = "influx"\nurl = "{self.influx.url}"\ndatabase = "faults"\n'


@dataclass
class Platform:
    """One gateway and one centre; `timeline` notes what was done to them."""

    folder: Path
    data: Path
    centre_side: CentreSide
    starter: Starter
    broker: Server
    link: Proxy
    gauges: Gauges
    centre_port: int
    agent_program: str = "edge"
    agent_starter: Starter | None = None  # when the agent lives in a world of its own
    agent: Child | None = None
    centre: Child | None = None
    timeline: list[tuple[float, str]] = field(default_factory=list)
    ready_s: list[float] = field(default_factory=list)

    @property
    def centre_data(self) -> Path:
        """Where the centre keeps its files."""
        return self.centre_side.data or self.folder / "data"

    def note(self, what: str) -> None:
        """One line of the timeline."""
        self.timeline.append((round(SystemClock().monotonic(), 3), what))

    def start_agent(self) -> None:
        """A new agent on the same folder; returns before it is ready."""
        config = str(self.folder / "gateway.toml")
        self.agent = (self.agent_starter or self.starter).start(
            self.agent_program, "run", "--config", config, "--log", "json", log=self.folder / "agent.log"
        )

    def start_centre(self) -> None:
        """A new centre on the same folder; returns before it is ready."""
        config = str(self.folder / "centre.toml")
        self.centre = self.starter.start("cloud", "serve", "--config", config, log=self.folder / "centre.log")

    async def kill_agent(self) -> None:
        """kill -9, wherever it is."""
        self.note("agent killed")
        assert self.agent is not None
        await asyncio.to_thread(self.agent.kill)

    async def kill_centre(self) -> None:
        """kill -9, wherever it is."""
        self.note("centre killed")
        assert self.centre is not None
        await asyncio.to_thread(self.centre.kill)

    async def kill_broker(self) -> None:
        """kill -9, and its memory of sessions and messages goes with it."""
        self.note("broker killed")
        self.broker.kill()
        (self.broker.folder / "mosquitto.db").unlink(missing_ok=True)
        await asyncio.to_thread(self.broker.start)

    async def ready(self) -> None:
        """Until the agent acknowledges pushes again; how long that took is noted."""
        clock = SystemClock()
        began = clock.monotonic()
        async with asyncio.timeout(READY_WITHIN_S):
            await self.gauges.answered()
        self.ready_s.append(clock.monotonic() - began)

    async def drained(self, within_s: float = DRAINED_WITHIN_S) -> Verdict:
        """Stops the gauges, waits until the centre has everything or the time is over, and judges."""
        async with asyncio.timeout(READY_WITHIN_S):
            await self.gauges.rest()
        self.note("gauges rest")
        try:
            await eventually(self._is_clean, within_s, every_s=LOOK_EVERY_S)
        except TimeoutError:
            self.note("not drained")
        return self.verdict()

    async def _is_clean(self) -> bool:
        """Looked at from a thread: the proxy lives in this loop, and a long look would starve it."""
        return (await asyncio.to_thread(self.verdict)).is_clean

    def verdict(self) -> Verdict:
        """What an outsider finds now."""
        influx = self.centre_side.influx
        stored = (
            stored_in(self.centre_data / "readings.sqlite3", POINT)
            if influx is None
            else stored_at(influx, "faults", profile=PROFILE, point=POINT)
        )
        return judge(self.gauges.sent, stored, terms=self.terms(), produced=self.produced())

    def terms(self) -> dict[str, int]:
        """The ledger's terms, from the state database."""
        state = SqlStateStore(f"sqlite:///{self.centre_data / 'centre.sqlite3'}")
        try:
            return asdict(Ledger(state.accounts()).terms())
        except StoreUnavailableError:  # the centre has not made its tables yet
            return asdict(Ledger().terms())
        finally:
            state.close()

    def produced(self) -> int:
        """What the gateway's own file says it ever accepted. The agent holds the file for itself: a copy is read."""
        copy = self.folder / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        for path in self.data.glob("outbox.sqlite3*"):
            shutil.copyfile(path, copy / path.name)
        with closing(sqlite3.connect(copy / "outbox.sqlite3")) as base:
            try:
                return int(base.execute("SELECT coalesce(sum(readings), 0) FROM produced").fetchone()[0])
            except sqlite3.Error:  # copied while a page was being written, or not made yet: asked again
                return -1

    def log(self, program: str) -> str:
        """What the agent or the centre printed."""
        path = self.folder / f"{program}.log"
        return path.read_text("utf-8", errors="replace") if path.exists() else ""


@asynccontextmanager
async def platform(
    folder: Path,
    starter: Starter,
    *,
    data: Path | None = None,
    gauges: int = 3,
    pause_s: float = 0.0,
    program: str = "edge",
    receipt_timeout_s: float = 2.0,
    keep_alive_s: int = 4,
    health_period_s: float = 0.3,
    request_within_s: int = 15,
    centre_side: CentreSide | None = None,
    agent_starter: Starter | None = None,
) -> AsyncIterator[Platform]:
    """Everything, started; all of it is ended behind the test. `data`: where the agent keeps its outbox."""
    data, centre_side = data or folder / "edge", centre_side or CentreSide()
    with run_mosquitto() as broker:
        async with proxy_to(broker.port) as link, gauges_at(free_port(), number=gauges, pause_s=pause_s) as pushing:
            centre_port = free_port()
            config = write_config(folder, f"mqtt://127.0.0.1:{broker.port}", more=centre_side.tables)
            answering = f"port = {centre_port}\nrequest_within_s = {request_within_s}"
            text = config.read_text("utf-8").replace("port = 0", answering)
            config.write_text(text.replace('"data"', f'"{centre_side.data or "data"}"'), "utf-8")
            (folder / "key").write_text(KEY)
            head = AGENT.format(
                gateway=GATEWAY,
                data=data,
                broker=link.port,
                listen=pushing.port,
                receipt_timeout_s=receipt_timeout_s,
                keep_alive_s=keep_alive_s,
                health_period_s=health_period_s,
                request_within_s=request_within_s,
            )
            devices = "".join(GAUGE.format(name=name, profile=PROFILE) for name in pushing.names)
            (folder / "gateway.toml").write_text(head + devices, encoding="utf-8")
            made = Platform(
                folder, data, centre_side, starter, broker, link, pushing, centre_port, program, agent_starter
            )
            made.start_centre()
            made.start_agent()
            try:
                await made.ready()
                yield made
            finally:
                for child in (made.agent, made.centre):
                    if child is not None:
                        await asyncio.to_thread(child.kill)
