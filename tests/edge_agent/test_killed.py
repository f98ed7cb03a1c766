"""A real `thacba-edge run` that is killed again and again loses nothing that it had accepted (F01)."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.edge_agent.centre import Centre, centre_at
from tests.servers import Server
from tests.waiting import eventually

STOPPED_WITHIN_S = 10  # 5 on a machine that does nothing else
CONFIG = """
[gateway]
id = "gw-killed"
name = {{ vi = "Cổng thử", en = "Test gateway" }}
data_dir = "data"
batch_s = 0.05
[broker]
url = "mqtt://127.0.0.1:{broker}"
receipt_timeout_s = 2
[[devices]]
id = "air-1"
profile = "air_node"
name = {{ vi = "Trạm khí", en = "Air node" }}
period_s = 0.05
connection = {{ kind = "http_json", url = "http://127.0.0.1:{device}/" }}
[devices.report]
{reports}
"""
POINTS = ("pm25", "pm10", "temp_c", "rh", "noise_dba")


class AirNode(BaseHTTPRequestHandler):
    """A device whose numbers change with each answer."""

    answers = 0

    def do_GET(self) -> None:
        AirNode.answers += 1
        body = json.dumps(dict.fromkeys(POINTS, 20 + AirNode.answers % 50 / 10)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's name
        """Says nothing."""


@contextmanager
def air_node() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), AirNode) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def start(folder: Path) -> subprocess.Popen[bytes]:
    with (folder / "agent.log").open("ab") as log:
        command = [sys.executable, "-m", "edge_agent", "run", "--config", str(folder / "gateway.toml"), "--log", "json"]
        return subprocess.Popen(command, stdout=log, stderr=log)


def produced(folder: Path) -> dict[str, int]:
    """The outside verifier's view; the agent holds its file for itself, so a copy is read."""
    copy = folder / "copy"
    shutil.copytree(folder / "data", copy, dirs_exist_ok=True)
    base = sqlite3.connect(copy / "outbox.sqlite3")
    try:
        return dict(base.execute("SELECT device, readings FROM produced"))
    finally:
        base.close()


@pytest.mark.parametrize("broker_name", ["mosquitto_server"])
async def test_killed_again_and_again(broker_name: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    broker: Server = request.getfixturevalue(broker_name)
    with air_node() as port:
        reports = "\n".join(f"{key} = {{ deadband = 0, deadband_percent = 0, heartbeat_s = 0 }}" for key in POINTS)
        (tmp_path / "gateway.toml").write_text(CONFIG.format(broker=broker.port, device=port, reports=reports))
        async with centre_at(broker, gateway="gw-killed") as centre:
            for _ in range(3):
                before = centre.arrivals
                agent = start(tmp_path)
                try:
                    await eventually(lambda before=before: centre.arrivals >= before + 8, 30)  # type: ignore[misc]
                finally:
                    agent.kill()
                    agent.wait()
            agent = start(tmp_path)
            try:
                before = centre.arrivals
                await eventually(lambda: centre.arrivals >= before + 5, 30)
                agent.send_signal(signal.SIGTERM)
                async with asyncio.timeout(STOPPED_WITHIN_S):
                    await asyncio.to_thread(agent.wait)
            finally:
                agent.kill()
                agent.wait()
            assert agent.returncode == 0
            assert centre.states[-1].state == "stopped"
            # What the last second accepted is still on the gateway: one more session without new readings takes it.
            await _drain(tmp_path, broker, centre)
            assert len({epoch for epoch, _ in centre.batches}) == 1
            sequences = sorted(sequence for _, sequence in centre.batches)
            assert sequences == list(range(1, len(sequences) + 1))
            assert centre.readings() == produced(tmp_path)
            assert len(centre.cells()) == produced(tmp_path)["air-1"]


async def _drain(folder: Path, broker: Server, centre: Centre) -> None:
    from device_profiles.wire import size_of
    from tests.edge_agent.rig import plan, running

    chosen = plan(folder / "data", ["air-1"], port=broker.port, gateway="gw-killed")
    async with running(chosen, {}) as (_, outbox):
        await eventually(lambda: outbox.counters().backlog_batches == 0, 20)
        assert sum(size_of(each) for each in centre.batches.values()) == outbox.counters().accepted


async def test_a_stop_without_a_broker_is_quick_and_keeps_everything(tmp_path: Path) -> None:
    with air_node() as port:
        reports = "\n".join(f"{key} = {{ heartbeat_s = 0 }}" for key in POINTS)
        (tmp_path / "gateway.toml").write_text(CONFIG.format(broker=1, device=port, reports=reports))
        agent, before = start(tmp_path), AirNode.answers
        try:
            await eventually(lambda: AirNode.answers >= before + 10, 30)
            agent.send_signal(signal.SIGTERM)
            async with asyncio.timeout(STOPPED_WITHIN_S):
                assert await asyncio.to_thread(agent.wait) == 0
        finally:
            agent.kill()
            agent.wait()
    kept = produced(tmp_path)["air-1"]
    assert kept >= 10
    log = (tmp_path / "agent.log").read_text()
    assert "link down" in log
    assert json.loads(log.splitlines()[-1])["backlog"] == kept
