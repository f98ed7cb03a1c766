"""Thousands of alarms within ten seconds: what people get, whether all is kept, and how the pages answer meanwhile.

`python -m tests.benchmarks.alarm_flood --alarms 5000 --seconds 10`: a real centre with SQLite, Mosquitto, and
receivers of mails and webhooks on loopback. Every gauge of the province passes its level; half of them are emergencies.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, field
from pathlib import Path

import aiomqtt
import httpx
import psutil
import tomli_w

from device_profiles.clock import SystemClock
from device_profiles.wire import Batch, Channel, DeviceBlock, encode, relative_times, topic_for
from simulators.load.traffic import gateway_id
from tests.benchmarks.places import write_centre
from tests.benchmarks.runs import is_up, program
from tests.cloud.notify.contents import Receiver, receiver
from tests.cloud.test_flood import Inbox, mail_server
from tests.servers import Server, free_port, run_mosquitto
from tests.waiting import eventually

GATEWAYS, BLOCKS = 50, 10  # gateways, and devices in one batch
PROFILE, POINT = "rain_gauge_tipping", "rain_mm"
HEAVY, EXTREME = 40.0, 60.0
PAGES = ("/api/v1/alarms?open=true", "/api/v1/summary", "/", "/alarms")
DRAINED_S = 180.0
CLOCK = SystemClock()


@dataclass
class Figures:
    """What the run came to; times in seconds, memory in MB."""

    alarms: int
    seconds: float
    recorded: int = 0
    notices: int = 0  # rows: a webhook's, a team's, and those of its two persons
    pending: int = 0
    webhooks: int = 0
    webhooks_stand_for: int = 0
    mails_per_person: float = 0.0
    recorded_after_s: float = 0.0  # since the first reading
    last_digest_s: float = 0.0
    rss_before_mb: float = 0.0
    rss_peak_mb: float = 0.0
    p50_s: dict[str, float] = field(default_factory=dict)
    p99_s: dict[str, float] = field(default_factory=dict)


@dataclass
class Watch:
    """Asks for pages all the time, and looks at the centre's memory."""

    process: psutil.Process
    took: dict[str, list[float]] = field(default_factory=dict)
    rss_peak_mb: float = 0.0

    async def look(self, port: int, token: str) -> None:
        """Until cancelled."""
        headers = {"Authorization": f"Bearer {token}"}
        address = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=address, headers=headers, timeout=60, trust_env=False) as client:
            while True:
                for page in PAGES:
                    begin = CLOCK.monotonic()
                    answer = await client.get(page)
                    assert answer.status_code == httpx.codes.OK, answer.text
                    self.took.setdefault(page, []).append(CLOCK.monotonic() - begin)
                self.rss_peak_mb = max(self.rss_peak_mb, self.process.memory_info().rss / 2**20)
                await CLOCK.sleep(0.05)


async def measure(alarms: int, seconds: float) -> Figures:
    """The whole run."""
    figures = Figures(alarms, seconds)
    with tempfile.TemporaryDirectory(prefix="thacba-flood-") as name, ExitStack() as programs:
        folder, port = Path(name), free_port()
        broker = programs.enter_context(run_mosquitto())
        async with receiver() as hook, mail_server() as (inbox, mail_port):
            config = _centre(folder, broker, hook.url, port=port, mail_port=mail_port)
            token = _token(config)
            words = ["-m", "cloud", "serve", "--config", str(config)]
            centre = programs.enter_context(program(folder, "centre", words))
            await eventually(lambda: is_up(port), within_s=120)
            watch = Watch(psutil.Process(centre.pid))
            figures.rss_before_mb = round(watch.process.memory_info().rss / 2**20, 1)
            async with asyncio.TaskGroup() as group:
                eyes = group.create_task(watch.look(port, token))
                begin = CLOCK.monotonic()
                await _flood(broker, alarms, seconds)
                await _follow(figures, folder, (hook, inbox), begin)
                eyes.cancel()
            figures.rss_peak_mb = round(watch.rss_peak_mb, 1)
            figures.p50_s = {page: _share(took, 0.5) for page, took in watch.took.items()}
            figures.p99_s = {page: _share(took, 0.99) for page, took in watch.took.items()}
    return figures


async def _flood(broker: Server, alarms: int, seconds: float) -> None:
    """Every gauge says once that it rains too much, spread evenly over the seconds."""
    begin, sequences = CLOCK.monotonic(), [0] * GATEWAYS
    async with aiomqtt.Client("127.0.0.1", broker.port) as client:
        for number in range(alarms // BLOCKS):
            gateway = number % GATEWAYS
            values = [EXTREME if device % 2 else HEAVY for device in range(BLOCKS)]
            times = relative_times([CLOCK.now_ms()])
            blocks = [
                DeviceBlock(f"gauge-{number}-{device}", PROFILE, times, {POINT: [value]})
                for device, value in enumerate(values)
            ]
            sequences[gateway] += 1
            batch = Batch(1, "00000000000000aa", sequences[gateway], (sequences[gateway] - 1) * BLOCKS, blocks, [], [])
            await client.publish(topic_for(gateway_id(gateway), Channel.READINGS), encode(batch, "zstd"), qos=1)
            due = begin + seconds * (number + 1) * BLOCKS / alarms
            await CLOCK.sleep(max(0.0, due - CLOCK.monotonic()))


async def _follow(figures: Figures, folder: Path, doors: tuple[Receiver, Inbox], begin: float) -> None:
    """Until every alarm is recorded and no notice waits."""
    hook, inbox = doors
    await eventually(lambda: _count(folder, "alarm") >= figures.alarms, within_s=DRAINED_S, every_s=0.2)
    figures.recorded_after_s = round(CLOCK.monotonic() - begin, 1)
    pending = "notice WHERE state = 'pending'"
    await eventually(lambda: not _count(folder, pending), within_s=DRAINED_S, every_s=0.2)
    figures.last_digest_s = round(CLOCK.monotonic() - begin, 1)
    told = [json.loads(request.body) for request in hook.requests]
    figures.recorded, figures.notices = _count(folder, "alarm"), _count(folder, "notice")
    figures.pending = _count(folder, pending)
    figures.webhooks, figures.webhooks_stand_for = len(told), sum(each["count"] for each in told)
    figures.mails_per_person = sum(map(len, inbox.mails.values())) / max(1, len(inbox.mails))


def _share(took: Sequence[float], share: float) -> float:
    return round(sorted(took)[math.ceil(len(took) * share) - 1], 3)


def _count(folder: Path, what: str) -> int:
    with closing(sqlite3.connect(folder / "data" / "centre.sqlite3")) as base:
        return int(base.execute(f"SELECT count(*) FROM {what}").fetchone()[0])  # noqa: S608 -- constants of ours


def _token(config: Path) -> str:
    words = [sys.executable, "-m", "cloud", "token", "add", "bench", "--role", "operator", "--config", str(config)]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()


def _centre(folder: Path, broker: Server, hook: str, *, port: int, mail_port: int) -> Path:
    webhook = {"kind": "webhook", "name": "ops", "url": hook, "allow_private": True}
    mail = {
        "kind": "email",
        "name": "mail",
        "host": "127.0.0.1",
        "port": mail_port,
        "security": "none",
        "sender": "ioc@example.vn",
        "recipients": ["duty@example.vn"],
        "per_minute": 600,
    }
    more = {"notify": {"channels": [webhook, mail]}}
    path = write_centre(folder, port=port, broker=broker.url, store={"kind": "sqlite"}, gateways=GATEWAYS, more=more)
    path.write_text('people_dir = "people"\n' + path.read_text(encoding="utf-8"), encoding="utf-8")
    for file in (folder / "rules").glob("*.toml"):
        file.unlink()
    levels = [
        {"name": "heavy", "severity": 3, "above": HEAVY - 1},
        {"name": "extreme", "severity": 1, "above": EXTREME - 1},
    ]
    rule = {
        "id": "wet",
        "version": 1,
        "text": {"vi": "Mưa {value} {unit}", "en": "Rain {value} {unit}"},
        "instruction": {"vi": "Xem", "en": "Look"},
        "owner": "bench",
        "source": "bench",
        "confirmed": True,
        "selector": {"profile": PROFILE, "point": POINT},
        "kind": {"kind": "threshold", "unit": "mm", "levels": levels},
        "notice": {"channels": ["ops"], "teams": ["desk"]},
    }
    (folder / "rules" / "wet.toml").write_text(tomli_w.dumps(rule), encoding="utf-8")
    persons = [
        {"id": name, "name": name, "email": f"{name}@example.vn", "channels": ["mail"]} for name in ("an", "binh")
    ]
    team = {
        "id": "desk",
        "name": {"vi": "Trực ban", "en": "Duty desk"},
        "otherwise": "person:an",
        "shifts": [{"start": "00:00", "end": "00:00", "persons": ["an", "binh"]}],
    }
    (folder / "people").mkdir()
    (folder / "people" / "ioc.toml").write_text(tomli_w.dumps({"persons": persons, "teams": [team]}), encoding="utf-8")
    return path


def main() -> None:
    """Reads the arguments, runs, prints one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alarms", type=int, default=5000)
    parser.add_argument("--seconds", type=float, default=10.0)
    wanted = parser.parse_args()
    figures = asyncio.run(measure(wanted.alarms, wanted.seconds))
    sys.stdout.write(json.dumps({"alarm_flood": asdict(figures)}) + "\n")


if __name__ == "__main__":
    main()
