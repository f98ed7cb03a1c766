"""What the gateway does for somebody far away, on real doors."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from collections.abc import Mapping
from pathlib import Path

import pytest

from device_profiles.clock import SystemClock
from device_profiles.wire.helping import LONGEST_ANSWER
from edge_agent.connector import CommandError, Shot
from edge_agent.control.protocol import ControlError
from edge_agent.helping.knocking import Door, door_of
from edge_agent.helping.log_ring import LogRing
from edge_agent.helping.remote import RemoteHelp


class Camera:
    """Has a picture."""

    def picture_now(self) -> Shot:
        """Four bytes."""
        return Shot(b"\xff\xd8\xff\xd9", 7, "Giám sát đê", 24.0)


class Devices:
    """Two devices; remembers which connections were made anew."""

    def __init__(self, tables: Mapping[str, Mapping[str, object]]) -> None:
        self.tables = tables
        self.anew: list[str] = []

    def connection_of(self, device: str) -> Mapping[str, object]:
        """Its table."""
        if device not in self.tables:
            raise CommandError(f"no device {device}")
        return self.tables[device]

    def connector_of(self, device: str) -> object:
        """The camera is one."""
        return Camera() if device == "cam" else None

    async def begin_again(self, device: str) -> None:
        """Remembers it."""
        self.anew.append(device)


async def read(arguments: Mapping[str, object]) -> Mapping[str, object]:
    """The control verb `read`."""
    if arguments["device"] == "gone":
        raise ControlError("read", "no device gone on this gateway", "it has gauge, cam")
    return {"device": arguments["device"], "fault": ""}


async def plan(arguments: Mapping[str, object]) -> Mapping[str, object]:
    """The control verb `plan`: says what it was given."""
    return {"given": arguments["configuration"]}


def remote(devices: Devices, ring: LogRing | None = None) -> RemoteHelp:
    """Remote help over these."""
    return RemoteHelp({"read": read, "plan": plan}, devices, ring=ring or LogRing(), clock=SystemClock())


async def test_a_device_is_read_pinged_and_connected_anew() -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    devices = Devices({"gauge": {"kind": "modbus", "host": "127.0.0.1", "port": port}, "cam": {"kind": "camera"}})
    helping = remote(devices)
    assert json.loads(await helping.help("gauge", "read_now", {})) == {"device": "gauge", "fault": ""}
    said = json.loads(await helping.help("gauge", "ping_device", {}))
    assert (said["answers"], said["said"], len(said["ms"])) == (True, "open", 3)
    server.close()
    await server.wait_closed()
    assert json.loads(await helping.help("gauge", "ping_device", {}))["said"] == "closed"
    await helping.help("gauge", "restart_connector", {})
    assert devices.anew == ["gauge"]
    with pytest.raises(CommandError, match="no device gone"):
        await helping.help("gone", "read_now", {})
    with pytest.raises(CommandError, match="no device"):
        await helping.help("gone", "restart_connector", {})


async def test_a_picture_comes_from_cameras_alone() -> None:
    helping = remote(Devices({"cam": {}, "gauge": {}}))
    said = json.loads(await helping.help("cam", "snapshot", {}))
    assert (base64.b64decode(said["picture"])[:2], said["at"]) == (b"\xff\xd8", 7)
    assert (said["purpose"], said["keep_h"]) == ("Giám sát đê", 24.0)
    with pytest.raises(CommandError, match="no camera"):
        await helping.help("gauge", "snapshot", {})


async def test_the_log_comes_without_secrets_and_never_longer_than_a_message() -> None:
    ring = LogRing(lambda: ["sông-thao-2024"])
    for number in range(500):
        facts = ("x" * 900, number)
        ring.emit(logging.makeLogRecord({"msg": "said %s sông-thao-2024 password=abc %d", "args": facts}))
    helping = remote(Devices({}), ring)
    few = json.loads(await helping.help("@gateway", "log_tail", {"lines": 3}))["lines"]
    assert len(few) == 3
    assert "2024" not in str(few)
    text = await helping.help("", "log_tail", {"lines": 200, "contains": "SAID"})
    assert len(text) <= LONGEST_ANSWER
    assert json.loads(await helping.help("", "log_tail", {"contains": "nothing"}))["lines"] == []
    with pytest.raises(CommandError, match="1 to 200"):
        await helping.help("", "log_tail", {"lines": 1_000_000})


async def test_a_plan_is_asked_of_the_gateway_itself() -> None:
    helping = remote(Devices({}))
    said = json.loads(await helping.help("@gateway", "plan", {"configuration": '{"settings": {}}'}))
    assert said == {"given": {"settings": {}}}
    with pytest.raises(CommandError, match="configuration"):
        await helping.help("@gateway", "plan", {"configuration": "{"})
    with pytest.raises(CommandError, match="cannot shell"):
        await helping.help("@gateway", "shell", {})


@pytest.mark.parametrize(
    ("connection", "door"),
    [
        ({"kind": "modbus", "host": "10.0.0.7", "port": 502}, Door("10.0.0.7", 502)),
        ({"kind": "camera", "url": "rtsp://10.0.0.8/1"}, Door("10.0.0.8", 554)),
        ({"kind": "http_json", "url": "http://[fd00::1]:8080/x"}, Door("fd00::1", 8080)),
        ({"kind": "modbus", "host": "", "serial_port": "/dev/ttyUSB0"}, Door(serial="/dev/ttyUSB0")),
        ({"kind": "http_push"}, Door()),
    ],
)
def test_every_kind_of_connection_has_its_door(connection: Mapping[str, object], door: Door) -> None:
    assert door_of(connection) == door


async def test_a_serial_port_is_looked_at_and_a_device_that_comes_to_us_is_not_sought(tmp_path: Path) -> None:
    devices = Devices({"meter": {"serial_port": str(tmp_path / "ttyUSB9")}, "push": {"kind": "http_push"}})
    helping = remote(devices)
    assert json.loads(await helping.help("meter", "ping_device", {}))["said"] == "no_such_port"
    assert json.loads(await helping.help("push", "ping_device", {}))["said"] == "device_comes_to_us"
