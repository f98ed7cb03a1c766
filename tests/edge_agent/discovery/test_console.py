"""`thacba-edge discover` on the command line."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edge_agent.__main__ import cli
from edge_agent.config import DeviceConfig
from edge_agent.connectors.modbus.config import ModbusConnection
from edge_agent.control.client import SOCKET
from edge_agent.control.server import ControlServer
from edge_agent.discovery.busy import busy_of
from simulators.devices.modbus import ModbusHost, ModbusUnit
from simulators.models import MODELS
from tests.edge_agent.discovery.places import CATALOGUE
from tests.waiting import eventually

DEVICES = [
    {
        "id": "muc-nuoc", "profile": "river_gauge_radar", "name": {"vi": "a", "en": "b"},
        "connection": {"kind": "modbus", "host": "127.0.0.1", "port": 0},
    },
    {
        "id": "cam", "profile": "ip_camera", "name": {"vi": "a", "en": "b"},
        "connection": {"kind": "camera", "url": "rtsp://10.0.0.5/live"},
    },
    {
        "id": "tu", "profile": "air_node", "name": {"vi": "a", "en": "b"},
        "connection": {"kind": "http_json", "url": "http://10.0.0.6/data"},
    },
]  # fmt: skip


@contextmanager
def gauge() -> Iterator[int]:
    """A gauge in a thread of its own: the command has the event loop of this one."""
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


@contextmanager
def agent(folder: Path, port: int) -> Iterator[None]:
    """An agent that says what it reads, in a thread of its own."""
    ready, over = threading.Event(), threading.Event()

    async def configuration(_: Mapping[str, object]) -> Mapping[str, object]:
        connection = {**DEVICES[0]["connection"], "port": port}  # type: ignore[dict-item]
        return {"settings": {"devices": [{**DEVICES[0], "connection": connection}, *DEVICES[1:]]}}

    async def serve() -> None:
        server = ControlServer(folder / SOCKET, {"configuration": configuration})
        async with asyncio.TaskGroup() as group:
            work = group.create_task(server.run())
            await eventually((folder / SOCKET).exists)
            ready.set()
            await asyncio.to_thread(over.wait)
            work.cancel()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    ready.wait(10)
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_what_the_running_agent_reads_is_left_alone(tmp_path: Path) -> None:
    with gauge() as port:
        wanted = ("--kind", "modbus_tcp", "--modbus-port", str(port), "--json", "--data", str(tmp_path))
        with agent(tmp_path, port):
            code, shown, _ = run(*wanted)
            assert (code, shown) == (0, "")
        code, shown, _ = run(*wanted)  # the agent has ended
        assert (code, len(shown.splitlines())) == (0, 1)


def test_each_kind_of_connection_has_its_door() -> None:
    devices = [DeviceConfig.model_validate(each) for each in DEVICES[1:]]
    serial = ModbusConnection(transport="rtu", serial_port="/dev/ttyUSB0")
    connections = [*(device.connection for device in devices), serial]
    assert busy_of(connections) == {"10.0.0.5:554", "10.0.0.6:80", "/dev/ttyUSB0"}


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
