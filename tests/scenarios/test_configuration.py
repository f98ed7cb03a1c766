"""A real gateway program under a real centre: configured, helped, refused what breaks it, and back by itself."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from typer.testing import CliRunner, Result

from cloud.__main__ import app
from cloud.app import Centre
from cloud.configuring.terms import Draft, Hand
from cloud.display import Display
from cloud.keys import make_command_key, public_text
from tests.cloud.stage import GATEWAY, running, settings_for
from tests.servers import Server, free_port
from tests.waiting import eventually

pytestmark = pytest.mark.scenario
PATIENCE_S = 60  # a program that starts on a busy machine
POINTS = {"pm25": 12.0, "pm10": 20.0, "temp_c": 27.5, "rh": 80.0, "noise_dba": 50.0}
BOX = """
[gateway]
id = "gw-1"
name = {{ vi = "Cổng 1", en = "Gateway 1" }}
data_dir = "data"
health_period_s = 0.5
batch_s = 0.1
[broker]
url = "mqtt://127.0.0.1:{broker}"
[centre]
command_key = "{key}"
"""
DEVICE = """
[[devices]]
id = "air-1"
profile = "air_node"
name = {{ vi = "Trạm khí", en = "Air node" }}
period_s = {period_s}
connection = {{ kind = "http_json", url = "http://127.0.0.1:{device}/" }}
"""


class AirNode(BaseHTTPRequestHandler):
    """A device that answers."""

    def do_GET(self) -> None:
        """Its values."""
        body = json.dumps(POINTS).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def air_node() -> Iterator[int]:
    """The port of a device."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), AirNode)
    Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@asynccontextmanager
async def gateway_program(folder: Path, broker: int, key: str) -> AsyncIterator[None]:
    """`thacba-edge run` without a device."""
    file = folder / "gateway.toml"
    await asyncio.to_thread(folder.mkdir)
    await asyncio.to_thread(file.write_text, BOX.format(broker=broker, key=key), encoding="utf-8")
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "edge_agent", "run", "--config", str(file), stderr=asyncio.subprocess.DEVNULL
    )
    try:
        yield
    finally:
        program.terminate()
        await program.wait()


def call(*arguments: str) -> Result:
    """The console."""
    return CliRunner().invoke(app, ["configuration", *arguments])


async def test_a_gateway_is_configured_helped_and_returns_from_what_breaks_it(
    tmp_path: Path, mosquitto_server: Server, air_node: int
) -> None:
    key = make_command_key(tmp_path / "data")
    centre = Centre(settings_for(tmp_path, mosquitto_server))
    office = centre.configuring.office
    text = await asyncio.to_thread(_written, tmp_path / "one.toml", DEVICE.format(device=air_node, period_s=0.2))
    options = ("--config", str(tmp_path / "centre.toml"))
    async with running(centre), gateway_program(tmp_path / "box", mosquitto_server.port, public_text(key)):
        url = ("--url", f"http://127.0.0.1:{centre.port}")
        await eventually(lambda: office.drift(GATEWAY).word == "unmanaged", PATIENCE_S)
        done = await asyncio.to_thread(call, "set", GATEWAY, text, "--comment", "lần đầu", *options, *url)
        assert (done.exit_code, done.stdout) == (0, "gw-1 1\n"), done.output
        await eventually(lambda: office.drift(GATEWAY).word == "in_step", PATIENCE_S)
        display: Display = centre.house.display
        await eventually(lambda: display.device(GATEWAY, "air-1"), PATIENCE_S)
        shown = await asyncio.to_thread(call, "show", *options, *url)
        assert ["gw-1", "in_step", "1", "1", "centre"] in [line.split()[:5] for line in shown.stdout.splitlines()]

        commander = centre.house.commander
        for device, verb, arguments, said in (
            ("@gateway", "status", {}, '"version": 1'),
            ("air-1", "read_now", {}, "27.5"),
            ("air-1", "ping_device", {}, '"open"'),
            ("@gateway", "log_tail", {"lines": 20}, "link up"),
            ("air-1", "restart_connector", {}, '"restarted"'),
        ):
            outcome = await commander.send(GATEWAY, device, verb, arguments)
            assert (outcome.outcome, said in outcome.detail) == ("done", True), (verb, outcome)

        broken = DEVICE.format(device=air_node, period_s=0.2) + f'[broker]\nurl = "mqtt://127.0.0.1:{free_port()}"\n'
        await office.set(Draft(GATEWAY, broken), Hand("lan", confirm_within_s=5))
        await eventually(lambda: office.drift(GATEWAY).word == "rolled_back", PATIENCE_S)
        drift = office.drift(GATEWAY)
        assert (drift.running, drift.desired) == (1, 2)
        assert drift.reason
        versions = await asyncio.to_thread(call, "versions", GATEWAY, *options, *url)
        assert [line.split()[0] for line in versions.stdout.splitlines()] == ["version", "2", "1"]
        back = await asyncio.to_thread(call, "restore", GATEWAY, "1", *options, *url)
        assert back.stdout == "gw-1 3\n"
        await eventually(lambda: office.drift(GATEWAY).word == "in_step", PATIENCE_S)


def _written(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)
