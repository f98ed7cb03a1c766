"""`thacba-edge discover` on the command line."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edge_agent.__main__ import cli
from edge_agent.config import load_gateway
from edge_agent.discovery.busy import busy_of
from simulators.devices.modbus import ModbusHost, ModbusUnit
from simulators.models import MODELS
from tests.edge_agent.discovery.places import CATALOGUE

GATEWAY = """
[gateway]
id = "gw"
name = { vi = "a", en = "b" }
data_dir = "data"
[broker]
url = "mqtt://127.0.0.1:1"
[[devices]]
id = "muc-nuoc"
profile = "river_gauge_radar"
name = { vi = "a", en = "b" }
connection = { kind = "modbus", host = "127.0.0.1", port = PORT }
[[devices]]
id = "cam"
profile = "ip_camera"
name = { vi = "a", en = "b" }
connection = { kind = "camera", url = "rtsp://10.0.0.5/live" }
"""


@contextmanager
def gauge() -> Iterator[int]:
    """A gauge in a thread of its own: the command has the event loop of this one."""
    import asyncio

    ready, over = threading.Event(), threading.Event()
    port: list[int] = []

    async def serve() -> None:
        unit = ModbusUnit(CATALOGUE["river_gauge_radar"], MODELS["river_gauge_radar"](1), unit=1)
        async with ModbusHost([unit]) as host:
            port.append(host.port)
            ready.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    ready.wait(10)
    try:
        yield port[0]
    finally:
        over.set()
        thread.join()


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(cli, ["discover", "--network", "127.0.0.1", "--units", "1", *arguments])
    return result.exit_code, result.stdout, result.stderr


def test_a_gauge_is_shown_and_written_as_json() -> None:
    with gauge() as port:
        code, shown, _ = run("--kind", "modbus_tcp", "--modbus-port", str(port), "--json")
        assert code == 0
        (finding,) = map(json.loads, shown.splitlines())
        assert finding["profiles"][0] == "river_gauge_radar"
        _, table, _ = run("--kind", "modbus_tcp", "--modbus-port", str(port))
    assert "river_gauge_radar" in table


def test_the_devices_of_the_gateway_are_left_alone(tmp_path: Path) -> None:
    config = tmp_path / "gateway.toml"
    with gauge() as port:
        config.write_text(GATEWAY.replace("PORT", str(port)))
        code, shown, _ = run("--kind", "modbus_tcp", "--modbus-port", str(port), "--json", "--config", str(config))
    assert (code, shown) == (0, "")
    assert busy_of(device.connection for device in load_gateway(config).devices) == {
        f"127.0.0.1:{port}",
        "10.0.0.5:554",
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--network", "8.8.8.8"], "does not hang on this gateway"),
        (["--kind", "bacnet"], "no kind"),
        (["--units", "1-999"], "units are 0 to 255"),
        (["--units", "x"], "names no units"),
    ],
)
def test_a_wrong_wish_is_refused_before_anything_is_sent(arguments: list[str], said: str) -> None:
    code, _, told = run(*arguments)
    assert code == 2
    assert said in told
