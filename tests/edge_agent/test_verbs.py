"""What the technician's page and the console ask of a running agent, over its socket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from edge_agent.control.protocol import ControlError
from simulators.devices.modbus import ModbusHost
from simulators.faults import FaultKind
from tests.edge_agent.configuring.rig import Gateway, gateway_at, gateway_file, gauge, gauges
from tests.servers import free_port
from tests.waiting import eventually


@asynccontextmanager
async def box(folder: Path) -> AsyncIterator[tuple[Gateway, ModbusHost]]:
    """A gateway without a link, with one of the two units of a host, read."""
    async with gauges(1, units=2) as (host,):
        gateway_file(folder, gateway="gw-1", broker=free_port(), devices=[gauge("d0", host.port)])
        async with gateway_at(folder) as gateway:

            async def read() -> bool:
                return bool((await gateway.status())["devices"][0]["read_at"])

            assert await eventually(read)
            yield gateway, host


async def test_status_says_how_everything_is(tmp_path: Path) -> None:
    async with box(tmp_path) as (gateway, _):

        async def down() -> bool:
            status = await gateway.status()
            return bool(status["link"]["fault"] and status["backlog"]["readings"])

        assert await eventually(down)
        status = await gateway.status()
        assert (status["gateway"], status["clock"], status["link"]["up"]) == ("gw-1", "good", False)
        assert status["link"]["fault"] == "unreachable"
        assert 0 <= status["at"] - status["link"]["since"] < 60_000
        assert status["disk_free"] > 0
        (device,) = status["devices"]
        assert (device["id"], device["profile"], device["fault"]) == ("d0", "river_gauge_radar", "")


async def test_values_stand_beside_what_they_should_be(tmp_path: Path) -> None:
    async with box(tmp_path) as (gateway, _):
        (device,) = (await gateway.ask("values"))["devices"]
        level = device["points"][0]
        assert (device["id"], level["point"], level["value"], level["unit"]) == ("d0", "level_m", 29.5, "m")
        assert (level["quality"], level["expected"]) == ("good", "0 … 200")
        assert level["name_vi"] == "Mực nước"
        assert level["observed_at"] > 0


async def test_a_device_is_read_now_and_a_silent_one_says_why(tmp_path: Path) -> None:
    async with box(tmp_path) as (gateway, host):
        said = await gateway.ask("read", {"device": "d0"})
        assert (said["fault"], said["points"][0]["value"]) == ("", 29.5)
        host.units[1].faults.start(FaultKind.SILENT)
        said = await gateway.ask("read", {"device": "d0"})
        assert (said["fault"], said["points"][0]["quality"]) == ("timeout", "bad:timeout")
        with pytest.raises(ControlError, match="no device d7") as caught:
            await gateway.ask("read", {"device": "d7"})
        assert caught.value.hint == "it has d0"


async def test_a_device_that_is_not_configured_is_tried_over_the_wire_of_its_neighbour(tmp_path: Path) -> None:
    async with box(tmp_path) as (gateway, host):
        tried = await gateway.ask("try", {"device": gauge("new", host.port, unit=2)})
        assert (tried["id"], tried["fault"], tried["points"][0]["value"]) == ("new", "", 29.5)
        dead = await gateway.ask("try", {"device": gauge("dead", free_port())})
        assert (dead["fault"], dead["points"][0]["value"]) == ("refused", None)
        assert host.connections == 1
        assert [each["id"] for each in (await gateway.status())["devices"]] == ["d0"]


async def test_what_cannot_be_tried_is_refused_with_a_hint(tmp_path: Path) -> None:
    async with box(tmp_path) as (gateway, host):
        with pytest.raises(ControlError, match="not in the catalogue") as caught:
            await gateway.ask("try", {"device": gauge("x", host.port, profile="river_guage_radar")})
        assert "river_gauge_radar" in caught.value.hint
        camera = {"kind": "camera", "url": "rtsp://127.0.0.1:9/", "username": "u", "password_file": "sealed:cam"}
        with pytest.raises(ControlError, match="the secret cam is not on this gateway"):
            await gateway.ask("try", {"device": gauge("x", 1, profile="ip_camera", connection=camera, report={})})
        with pytest.raises(ControlError, match="give a device"):
            await gateway.ask("try", {})


async def test_a_serial_line_that_neighbours_use_otherwise_is_not_touched(tmp_path: Path) -> None:
    line = {"kind": "modbus", "transport": "rtu", "serial_port": "/dev/ttyNone", "baud_rate": 9600}
    file = gateway_file(tmp_path, gateway="gw-1", broker=1, devices=[gauge("d0", 1, connection=line)])
    async with gateway_at(tmp_path, file=file) as gateway:
        with pytest.raises(ControlError, match="baud_rate"):
            await gateway.ask("try", {"device": gauge("x", 1, connection={**line, "unit": 2, "baud_rate": 19200})})


async def test_what_a_power_cut_left_of_a_trial_is_removed_at_the_start(tmp_path: Path) -> None:
    left = tmp_path / "data" / "try-x1"
    left.mkdir(parents=True)
    (left / "air").write_text("typed-secret")
    async with gateway_at(tmp_path, data=tmp_path / "data"):
        assert not left.exists()


async def test_the_password_that_was_typed_for_a_trial_is_gone_afterwards(tmp_path: Path) -> None:
    async with box(tmp_path) as (gateway, _):
        kiosk = {"kind": "http_json", "url": f"http://127.0.0.1:{free_port()}/", "key_file": "sealed:air"}
        device = gauge("x", 1, profile="air_node", connection=kiosk, report={})
        tried = await gateway.ask("try", {"device": device, "secrets": {"air": "typed-secret"}})
        assert tried["fault"]
        texts = [path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file()]
        assert not [text for text in texts if b"typed-secret" in text]


async def test_a_restart_ends_the_program_in_good_order(tmp_path: Path) -> None:
    async with box(tmp_path) as (gateway, _):
        assert (await gateway.ask("restart")) == {"restarting": True}
        assert gateway.task is not None
        await eventually(gateway.task.done)
