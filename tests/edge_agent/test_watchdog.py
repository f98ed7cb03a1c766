"""An agent that stands still ends itself, so that it is started again; one that was only stopped goes on (F15)."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

from edge_agent.watchdog import STUCK

CONFIG = """
[gateway]
id = "gw-stuck"
name = { vi = "Cổng thử", en = "Test gateway" }
data_dir = "data"
watchdog_s = 3
[broker]
url = "mqtt://127.0.0.1:1"
[[devices]]
id = "air-1"
profile = "air_node"
name = { vi = "Trạm khí", en = "Air node" }
connection = { kind = "http_json", url = "http://127.0.0.1:1/" }
"""
BLOCKED = """
import asyncio, pathlib, sys, time
from edge_agent.running import run_gateway, setup_for
from edge_agent.logs import start_logging

def connector_with_a_bug():
    time.sleep(120)

async def main():
    asyncio.get_running_loop().call_later(0.1, connector_with_a_bug)
    await run_gateway(setup_for(pathlib.Path(sys.argv[1]), data=None, profiles=()))

start_logging("json", "info")
asyncio.run(main())
"""
IDLE = """
import asyncio
from edge_agent.watchdog import watched

async def main():
    with watched(within_s=1.5):
        while True:
            print("turned", flush=True)
            await asyncio.sleep(0.1)

asyncio.run(main())
"""
STANDSTILL_S = 2.0


def test_an_agent_that_stands_still_ends_and_says_where(tmp_path: Path) -> None:
    config = tmp_path / "gateway.toml"
    config.write_text(CONFIG, encoding="utf-8")
    command = [sys.executable, "-c", BLOCKED, str(config)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == STUCK, ended.stderr
    last = json.loads(ended.stderr.splitlines()[-1])
    assert (last["level"], last["message"]) == ("critical", "event loop stands still")
    assert "connector_with_a_bug" in last["in"]


def test_a_program_that_was_stopped_for_longer_goes_on() -> None:
    with subprocess.Popen([sys.executable, "-c", IDLE], stdout=subprocess.PIPE, text=True) as idle:
        try:
            assert idle.stdout is not None
            assert idle.stdout.readline() == "turned\n"
            idle.send_signal(signal.SIGSTOP)
            threading.Event().wait(STANDSTILL_S)  # the standstill
            idle.send_signal(signal.SIGCONT)
            assert [idle.stdout.readline() for _ in range(10)] == ["turned\n"] * 10
        finally:
            idle.kill()
