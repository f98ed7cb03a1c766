"""F11: somebody else holds the centre's databases: everybody hears in bounded time, and nothing is lost."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from tests.faults.conftest import Score
from tests.faults.tools.platform import CentreSide, Platform, platform
from tests.faults.tools.warm import Starter
from tests.servers import HOST
from tests.waiting import eventually

pytestmark = pytest.mark.scenario

BUSY_S = 0.5  # scaled: 5 s in the field
CROWD = 40
THREADS_MORE = CROWD // 2  # a pool, not a thread for everybody who waits
PASSWORD = "a long sentence of ours"


@contextmanager
def held(*files: Path) -> Iterator[None]:
    """Another program writes into these databases, and does not come to an end."""
    with closing_all([sqlite3.connect(file, isolation_level=None, timeout=10) for file in files]) as bases:
        for base in bases:
            base.execute("BEGIN IMMEDIATE")
        yield


@contextmanager
def closing_all(bases: list[sqlite3.Connection]) -> Iterator[list[sqlite3.Connection]]:
    try:
        yield bases
    finally:
        for base in bases:
            base.close()


def add_user(made: Platform) -> None:
    command = [sys.executable, "-m", "cloud", "user", "add", "trucban", "--role", "operator"]
    command += ["--config", str(made.folder / "centre.toml")]
    subprocess.run(command, input=PASSWORD + "\n", text=True, check=True, capture_output=True, timeout=30)


async def test_f11_a_locked_database_is_waited_for_no_longer_than_told(
    tmp_path: Path, starter: Starter, score: Score
) -> None:
    side = CentreSide(more=f"[state]\nbusy_s = {BUSY_S}\n")
    async with platform(tmp_path, starter, centre_side=side, pause_s=0.02) as made:
        await eventually(lambda: made.verdict().stored > 0)
        await asyncio.to_thread(add_user, made)
        address = f"http://{HOST}:{made.centre_port}/api/v1"
        async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
            credentials = {"user": "trucban", "password": PASSWORD}
            assert (await client.post(f"{address}/session", json=credentials)).status_code == httpx.codes.OK
            assert made.centre is not None
            before = psutil.Process(made.centre.pid).num_threads()
            with held(made.centre_data / "centre.sqlite3", made.centre_data / "readings.sqlite3"):
                made.note("databases held")
                async with asyncio.TaskGroup() as group:
                    writes = [group.create_task(client.delete(f"{address}/session")) for _ in range(CROWD)]
                    reads = [group.create_task(client.get(f"{address}/gateways")) for _ in range(CROWD)]
                threads = psutil.Process(made.centre.pid).num_threads()
            made.note("databases free")
            refused = [task.result() for task in writes]
            assert {each.status_code for each in refused} == {httpx.codes.SERVICE_UNAVAILABLE}
            assert all(int(each.headers["retry-after"]) > 0 for each in refused)
            assert {task.result().status_code for task in reads} == {httpx.codes.OK}
            assert threads <= before + THREADS_MORE
            assert (await client.delete(f"{address}/session")).status_code == httpx.codes.NO_CONTENT
        verdict = await made.drained()
        score.add(verdict)
        score.blows["F11 locked"] = 1
        assert verdict.is_clean, f"{verdict}\n{made.timeline}\n{made.log('centre')[-2000:]}"
