"""A real `thacba-edge run` that is killed while devices publish at a broker: what they said at QoS 1 arrives."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from device_profiles.clock import SystemClock
from tests.edge_agent.centre import centre_at
from tests.edge_agent.connectors.brokered import publish
from tests.servers import Server
from tests.waiting import eventually

RECORDS = 40
CONFIG = """
[gateway]
id = "gw-beside"
data_dir = "data"
batch_s = 0.05
[broker]
url = "mqtt://127.0.0.1:{port}"
receipt_timeout_s = 2
[[devices]]
id = "pass"
profile = "thingsboard_weather_station"
name = {{ vi = "Đèo", en = "Pass" }}
connection = {{ kind = "mqtt_json", url = "mqtt://127.0.0.1:{port}", name = "pass" }}
"""


def start(folder: Path) -> subprocess.Popen[bytes]:
    with (folder / "agent.log").open("ab") as log:
        command = [sys.executable, "-m", "edge_agent", "run", "--config", str(folder / "gateway.toml"), "--log", "json"]
        return subprocess.Popen(command, stdout=log, stderr=log)


async def test_a_killed_agent_loses_nothing_that_devices_published(mosquitto_server: Server, tmp_path: Path) -> None:
    (tmp_path / "gateway.toml").write_text(CONFIG.format(port=mosquitto_server.port), encoding="utf-8")
    begin = SystemClock().now_ms() - 3_600_000
    expected = {("pass", "temp_c", begin + 1000 * number): number / 2 for number in range(RECORDS)}
    async with centre_at(mosquitto_server, gateway="gw-beside") as centre:
        agent = start(tmp_path)
        try:
            await eventually(lambda: list((tmp_path / "data" / "mqtt").glob("*.json")) and _asked(tmp_path))
            for number in range(RECORDS):
                record = {"ts": begin + 1000 * number, "values": {"temperature": number / 2}}
                await publish(mosquitto_server.port, "v1/gateway/telemetry", {"pass": [record]}, "-q", "1")
                if number % 20 == 10:  # in the middle of something
                    agent.kill()
                    agent.wait()
                    agent = start(tmp_path)
            await eventually(lambda: expected.items() <= centre.cells().items())
        finally:
            agent.kill()
            agent.wait()


def _asked(folder: Path) -> bool:
    return any(json.loads(file.read_bytes())["topics"] for file in (folder / "data" / "mqtt").glob("*.json"))
