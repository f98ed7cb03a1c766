"""`python -m tests.benchmarks.storm --sessions 10000`: the broker dies under a fleet, and everybody comes back at once.

```
 10,000 sessions (simulators.load.storm) --.                       .--> webhook receiver (here)
 probe gateway (here), a level crossing ----> Mosquitto <--> centre
 every 0.5 s
```
Measured: until everybody is back and nothing is owed; meanwhile, from publishing a level to its notice; memory.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated

import psutil
import tomli_w
import typer
from rich.console import Console
from rich.table import Table

from cloud.ingest.ledger import Ledger
from cloud.store.sql import SqlStateStore
from device_profiles.clock import SystemClock
from device_profiles.wire import Batch, BirthDevice, DeviceBlock, Health, State, encode
from simulators.demo.webhook import Inbox, WebhookReceiver
from simulators.load.gateway import RECEIPT_S, LoadGateway, Words
from simulators.load.storm import READINGS, SPARE_FILES, allow_files
from simulators.load.traffic import gateway_id
from tests.benchmarks.places import write_centre
from tests.benchmarks.runs import is_up, peak_mb
from tests.servers import Server, free_port, run_mosquitto
from tests.waiting import eventually, until

PROBE_S = 0.5
LEVEL_M = 35.0
GAUGE, POINT, EPOCH = "river_gauge_radar", "level_m", "00000000000000bb"
RULE = {
    "id": "river_high",
    "version": 1,
    "text": {"vi": "Mực nước {value}", "en": "Water level {value}"},
    "instruction": {"vi": "Xem", "en": "Look"},
    "owner": "bench",
    "source": "bench",
    "confirmed": True,
    "selector": {"profile": GAUGE, "point": POINT},
    "kind": {"kind": "threshold", "unit": "m", "levels": [{"name": "I", "severity": 3, "above": 30.0, "clear": 29.5}]},
    "flap": {"raises": 0},  # its gauge goes up and down on purpose, and each time is to be told
}


@dataclass(frozen=True, slots=True)
class Storm:
    """How it went."""

    sessions: int
    back_s: float  # from the kill of the broker until everybody has his session
    settled_s: float  # until nothing is owed
    alarms: int  # crossings during the storm
    alarm_p50_s: float
    alarm_p99_s: float
    alarm_max_s: float
    lost: int  # readings of which the ledger knows nothing, and crossings without a notice
    doubled: int  # notices that came twice
    centre_mb: float
    broker_mb: float
    centre_cpu_s: float
    broker_cpu_s: float
    load_cpu_s: float


@dataclass(slots=True)
class Prompt(Inbox):
    """Notes when the notice of each device came."""

    came: dict[str, float] = field(default_factory=dict)

    def take(self, key: str, body: bytes) -> bool:
        """Keeps one notice, and when it came."""
        taken = Inbox.take(self, key, body)
        if taken:
            self.came.setdefault(str(self.notices[key]["device"]), time.monotonic())
        return taken


class Probe:
    """A gateway at which, every half second, the level of another river is too high."""

    def __init__(self, gateway: str, broker: str, receipt_s: float) -> None:
        now = SystemClock().now_ms()
        device = BirthDevice("river-0", GAUGE, "0" * 12, "Sông", "River")
        born, lost = (State(1, word, now, EPOCH, "probe", "0" * 12, [device]) for word in ("online", "lost"))
        health = Health(1, now, EPOCH, 1, 0, 0, 0, 0, 0, 0)
        self._words = Words(gateway, encode(born), encode(lost), encode(health))
        self.gateway = LoadGateway(self._words, broker, lambda _: None, receipt_s=receipt_s)
        self.sent: dict[str, float] = {}

    async def cross_levels(self) -> None:
        """Says so as long as the session stands, until cancelled; a crossing counts from its first publishing."""
        while True:
            if self.gateway.is_up:
                number = len(self.sent) + 1
                device = f"river-{number}"
                block = DeviceBlock(
                    device=device, profile=GAUGE, times=[SystemClock().now_ms()], points={POINT: [LEVEL_M]}
                )
                batch = Batch(v=1, epoch=EPOCH, sequence=number, base=number - 1, devices=[block])
                self.sent[device] = time.monotonic()
                self.gateway.say(number, encode(batch))
            await asyncio.sleep(PROBE_S)

    @property
    def owes(self) -> bool:
        """Whether a receipt is missing."""
        return bool(self._words.owed)


async def measure(folder: Path, sessions: int, *, receipt_s: float = RECEIPT_S, within_s: float = 300.0) -> Storm:
    """One storm, from nothing to nothing owed."""
    allow_files(sessions + SPARE_FILES)
    async with AsyncExitStack() as stack:
        broker = stack.enter_context(run_mosquitto())
        receiver = await stack.enter_async_context(WebhookReceiver())
        inbox = receiver.inbox = Prompt()
        port = free_port()
        file = _write(folder, port=port, broker=broker.url, sessions=sessions, webhook=receiver.url)
        centre = stack.enter_context(program_of(folder, "centre", "cloud", "serve", "--config", str(file)))
        await asyncio.to_thread(until, lambda: is_up(port), within_s)
        probe = Probe(gateway_id(sessions), broker.url, receipt_s)
        async with asyncio.timeout(within_s), asyncio.TaskGroup() as group:
            tasks = [group.create_task(probe.gateway.run()), group.create_task(probe.cross_levels())]
            figures = await _weather(_storm(broker, sessions, receipt_s), broker, centre)
            tasks[1].cancel()
            await eventually(lambda: not probe.owes and len(inbox.came) >= len(probe.sent), within_s)
            tasks[0].cancel()
        produced = sessions * READINGS + len(probe.sent)
        centre.terminate()
        await asyncio.to_thread(centre.wait)
    return _judged(figures, probe.sent, inbox, lost=produced - _stored(folder))


def _storm(broker: Server, sessions: int, receipt_s: float) -> list[str]:
    counts = ["--sessions", str(sessions), "--receipt-s", str(receipt_s)]
    return [sys.executable, "-m", "simulators.load.storm", broker.url, *counts]


async def _weather(command: Sequence[str], broker: Server, centre: psutil.Popen) -> dict[str, float]:
    load = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        assert load.stdout is not None
        up = json.loads(await load.stdout.readline())
        before, begin = cpu_of(centre), time.monotonic()
        broker.kill()
        await asyncio.to_thread(broker.start)
        back = json.loads(await load.stdout.readline())
        settled = json.loads(await load.stdout.readline())
        server = psutil.Process(broker.pid)
        return {
            **back,
            **settled,
            "begin": begin,
            "end": begin + settled["settled_s"],
            "sessions": up["up"],
            "centre_mb": peak_mb(centre.pid),
            "broker_mb": peak_mb(server.pid),
            "centre_cpu_s": cpu_of(centre) - before,
            "broker_cpu_s": cpu_of(server),
        }
    finally:
        if load.returncode is None:
            load.kill()
        await load.wait()


def _judged(figures: dict[str, float], sent: dict[str, float], inbox: Prompt, *, lost: int) -> Storm:
    meanwhile = [device for device, at in sent.items() if figures["begin"] <= at <= figures["end"]]
    delays = sorted(inbox.came[device] - sent[device] for device in meanwhile if device in inbox.came)
    return Storm(
        sessions=int(figures["sessions"]),
        back_s=round(figures["back_s"], 1),
        settled_s=round(figures["settled_s"], 1),
        alarms=len(delays),
        alarm_p50_s=_quantile(delays, 0.5),
        alarm_p99_s=_quantile(delays, 0.99),
        alarm_max_s=_quantile(delays, 1.0),
        lost=lost + len(sent) - len(inbox.came),
        doubled=sum(count - 1 for count in inbox.keys.values()),
        centre_mb=round(figures["centre_mb"], 1),
        broker_mb=round(figures["broker_mb"], 1),
        centre_cpu_s=round(figures["centre_cpu_s"], 1),
        broker_cpu_s=round(figures["broker_cpu_s"], 1),
        load_cpu_s=round(figures["cpu_s"], 1),
    )


def _write(folder: Path, *, port: int, broker: str, sessions: int, webhook: str) -> Path:
    channel = {
        "kind": "webhook",
        "name": "duty",
        "url": webhook,
        "allow_private": True,
        "per_minute": 6000,
        "digests": False,
    }
    file = write_centre(
        folder,
        port=port,
        broker=broker,
        store={"kind": "sqlite"},
        gateways=sessions + 1,
        more={"notify": {"channels": [channel]}},
    )
    (folder / "rules" / "river_high.toml").write_text(tomli_w.dumps(RULE), encoding="utf-8")
    return file


def _stored(folder: Path) -> int:
    state = SqlStateStore(f"sqlite:///{folder / 'data' / 'centre.sqlite3'}")
    try:
        return Ledger(state.accounts()).terms().stored
    finally:
        state.close()


@contextmanager
def program_of(folder: Path, name: str, *arguments: str) -> Iterator[psutil.Popen]:
    """One of our programs, its output in a file of the folder."""
    with (folder / f"{name}.log").open("ab") as log:
        process = psutil.Popen([sys.executable, "-m", *arguments], stdout=log, stderr=log)
    try:
        yield process
    finally:
        if process.is_running():
            with suppress(psutil.NoSuchProcess):
                process.kill()
        process.wait()


def _quantile(values: Sequence[float], share: float) -> float:
    return round(values[min(len(values) - 1, int(share * len(values)))], 3) if values else 0.0


def cpu_of(process: psutil.Process) -> float:
    """Seconds of CPU so far."""
    times = process.cpu_times()
    return float(times.user + times.system)


def _table(storm: Storm) -> Table:
    table = Table(title=f"{storm.sessions:,} sessions lose their broker and come back", title_justify="left")
    table.add_column("")
    table.add_column("measured", justify="right")
    table.add_column("goal", justify="right")
    for name, value, goal in (
        ("everybody is back", f"{storm.back_s:.1f} s", "60 s"),
        ("nothing is owed any more", f"{storm.settled_s:.1f} s", ""),
        ("level to notice, median", f"{storm.alarm_p50_s:.2f} s", ""),
        ("level to notice, p99", f"{storm.alarm_p99_s:.2f} s", "5 s"),
        (f"the longest of {storm.alarms}", f"{storm.alarm_max_s:.2f} s", ""),
        ("lost, doubled", f"{storm.lost}, {storm.doubled}", "0, 0"),
        ("memory of the centre, the broker", f"{storm.centre_mb:.0f} MB, {storm.broker_mb:.0f} MB", ""),
        ("CPU of centre, broker, load", f"{storm.centre_cpu_s} s, {storm.broker_cpu_s} s, {storm.load_cpu_s} s", ""),
    ):
        table.add_row(name, value, goal)
    return table


def main(sessions: Annotated[int, typer.Option(min=1)] = 10_000) -> None:
    """Measures one storm: a table for people, and one line of JSON."""
    with tempfile.TemporaryDirectory(prefix="thacba-storm-") as name:
        storm = asyncio.run(measure(Path(name), sessions))
    Console(stderr=True, width=100).print(_table(storm))
    typer.echo(json.dumps({"storm": asdict(storm)}))


if __name__ == "__main__":
    typer.run(main)
