"""`python -m tests.benchmarks.mtls --gateways 10000`: a fleet with certificates loses its broker and comes back.

```
 thacba-sim load --mtls ══ mTLS ══> Mosquitto, generated settings <--> centre (reads the broker's log, too)
 one gateway more (here) ══════════╝        killed once
```
Measured: until everybody is back and has its receipts, memory and CPU of all three; then, with everybody connected, how
long it takes until a gateway that is revoked has lost its session.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import psutil
import typer
from rich.console import Console
from rich.table import Table

from cloud.brokering.cut import SessionCutter
from simulators.load.storm import SPARE_FILES, allow_files
from simulators.load.traffic import gateway_id
from tests.benchmarks.places import write_centre
from tests.benchmarks.runs import is_up, peak_mb
from tests.benchmarks.storm import cpu_of, program_of
from tests.cloud.brokering.guarded import GuardedBroker, RefusedError, calling, guarded_broker
from tests.cloud.brokering.watched import centre_config
from tests.servers import free_port
from tests.waiting import until

WITHIN_S = 900.0
CALM_S = 5.0


@dataclass(frozen=True, slots=True)
class Return:
    """How it went."""

    gateways: int
    up_s: float  # the first time, at 400 a second
    back_s: float  # from the loss of the broker until everybody has his session
    revoked_s: float  # from the new list until the session was cut and a new one refused
    said: int
    receipted: int
    p50_ms: float
    p99_ms: float
    broker_idle_mb: float
    broker_peak_mb: float
    broker_cpu_s: float  # from its start until everybody was back
    centre_peak_mb: float
    centre_cpu_s: float
    load_peak_mb: float
    load_cpu_s: float


async def measure(folder: Path, gateways: int, *, seconds: float, period_s: float) -> Return:
    """One loss and return, from nothing to the last receipt."""
    allow_files(gateways * 5 // 4 + SPARE_FILES)  # the broker inherits it
    async with AsyncExitStack() as stack:
        broker = stack.enter_context(guarded_broker(gateways=gateways + 1))
        file, port = _write(folder, broker, gateways)
        centre = stack.enter_context(program_of(folder, "centre", "cloud", "serve", "--config", str(file)))
        await asyncio.to_thread(until, lambda: is_up(port), 60)
        load = await asyncio.create_subprocess_exec(
            *_command(broker, gateways, seconds, period_s), stdout=asyncio.subprocess.PIPE
        )
        stack.callback(_end, load)
        async with asyncio.timeout(WITHIN_S):
            await _line(load, "certificates")
            up = await _line(load, "up")
            idle_mb = _mb(broker)
            await asyncio.sleep(CALM_S)
            before = cpu_of(centre)
            broker.server.kill()
            await asyncio.to_thread(broker.server.start)
            back = await _line(load, "back_s")
            broker_cpu = cpu_of(psutil.Process(broker.server.pid))
            centre_cpu = cpu_of(centre) - before
            revoked_s = await _revoke(broker, gateway_id(gateways))
            end = await _line(load, "gateways")
        return Return(
            gateways=gateways,
            up_s=up["up_s"],
            back_s=back["back_s"],
            revoked_s=round(revoked_s, 2),
            said=end["said"],
            receipted=end["receipted"],
            p50_ms=end["latency"]["p50_ms"],
            p99_ms=end["latency"]["p99_ms"],
            broker_idle_mb=idle_mb,
            broker_peak_mb=round(peak_mb(broker.server.pid), 1),
            broker_cpu_s=round(broker_cpu, 1),
            centre_peak_mb=round(peak_mb(centre.pid), 1),
            centre_cpu_s=round(centre_cpu, 1),
            load_peak_mb=end["peak_mb"],
            load_cpu_s=end["cpu_s"],
        )


def _end(load: asyncio.subprocess.Process) -> None:
    if load.returncode is None:
        load.kill()


def _command(broker: GuardedBroker, gateways: int, seconds: float, period_s: float) -> list[str]:
    url, authority = f"mqtts://localhost:{broker.plan.fleet_port}", str(broker.folder / "authority")
    fleet = ["--gateways", str(gateways), "--mtls", "--authority", authority, "--returns", "1"]
    speech = ["--seconds", str(seconds), "--period-s", str(period_s)]
    return [sys.executable, "-m", "simulators", "load", url, *fleet, *speech]


def _write(folder: Path, broker: GuardedBroker, gateways: int) -> tuple[Path, int]:
    port, config = free_port(), centre_config(broker)
    section = config.model_dump(mode="json", exclude_defaults=True)
    store = {"kind": "sqlite"}
    file = write_centre(folder, port=port, broker="", store=store, gateways=gateways + 1, more={"broker": section})
    return file, port


async def _revoke(broker: GuardedBroker, gateway: str) -> float:
    """The centre reads the log, so the list is put there and the session cut from here, as its door does both."""
    identity = broker.identity(gateway)
    async with calling(broker, identity) as caller:
        began = time.monotonic()
        (Path(broker.plan.crl_folder) / "crl.pem").write_bytes(broker.revocation_list(identity))
        os.kill(broker.server.pid, signal.SIGHUP)
        await SessionCutter(centre_config(broker))(gateway)  # answered after the list was read: one thread does both
        await caller.lost()
        try:
            async with calling(broker, identity):
                raise AssertionError("a revoked gateway came in")
        except RefusedError:
            return time.monotonic() - began


async def _line(load: asyncio.subprocess.Process, key: str) -> dict[str, Any]:
    assert load.stdout is not None
    while text := await load.stdout.readline():
        figures: dict[str, Any] = json.loads(text)
        if key in figures:
            return figures
    raise RuntimeError(f"the load client ended before it said {key}")


def _mb(broker: GuardedBroker) -> float:
    return round(float(psutil.Process(broker.server.pid).memory_info().rss) / 1e6, 1)


def _table(run: Return) -> Table:
    table = Table(title=f"{run.gateways:,} gateways with certificates lose their broker", title_justify="left")
    table.add_column("")
    table.add_column("measured", justify="right")
    for name, value in (
        ("everybody is back", f"{run.back_s:.1f} s"),
        ("a revoked gateway has lost its session", f"{run.revoked_s:.2f} s"),
        ("batches said, receipted", f"{run.said:,}, {run.receipted:,}"),
        ("from saying to receipt, median and p99", f"{run.p50_ms:.0f} ms, {run.p99_ms:.0f} ms"),
        ("broker: memory with all idle, at most", f"{run.broker_idle_mb:.0f} MB, {run.broker_peak_mb:.0f} MB"),
        ("centre, load client: memory at most", f"{run.centre_peak_mb:.0f} MB, {run.load_peak_mb:.0f} MB"),
        ("CPU of broker and centre until all are back", f"{run.broker_cpu_s} s, {run.centre_cpu_s} s"),
        ("CPU of the load client", f"{run.load_cpu_s} s"),
    ):
        table.add_row(name, value)
    return table


def main(
    gateways: Annotated[int, typer.Option(min=1)] = 10_000,
    seconds: Annotated[float, typer.Option(min=0)] = 120.0,
    period_s: Annotated[float, typer.Option(min=0)] = 60.0,
) -> None:
    """Measures one return: a table for people, and one line of JSON."""
    with tempfile.TemporaryDirectory(prefix="thacba-mtls-") as name:
        run = asyncio.run(measure(Path(name), gateways, seconds=seconds, period_s=period_s))
    Console(stderr=True, width=100).print(_table(run))
    typer.echo(json.dumps({"mtls": asdict(run)}))


if __name__ == "__main__":
    typer.run(main)
