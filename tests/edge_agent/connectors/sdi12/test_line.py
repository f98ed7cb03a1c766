"""Sensors on a real serial line (a pseudo terminal): turns, requests, lateness, noise, pulled plugs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from device_profiles.clock import SystemClock
from device_profiles.load import load_catalogue
from edge_agent.config import ListenConfig
from edge_agent.connector import LinkError, Poller, Sample
from edge_agent.connectors.sdi12.build import build
from edge_agent.connectors.sdi12.config import Sdi12Connection, connection_from_url
from edge_agent.connectors.sdi12.line import SerialLine
from edge_agent.device import Device, Surroundings, Wires
from simulators.device import constant
from simulators.devices.sdi12 import Sdi12Line, Sdi12Sensor
from simulators.faults import FaultKind
from tests.edge_agent.samples import NAME
from tests.readme_check import assert_documented
from tests.waiting import eventually

CATALOGUE = load_catalogue()
SOIL = CATALOGUE["campbell_cs650"]


def sensor(address: str = "0", *, vwc: float = 28.5, **more: object) -> Sdi12Sensor:
    return Sdi12Sensor(SOIL, constant(soil_vwc_pct=vwc, soil_temp_c=23.9), address=address, **more)  # type: ignore[arg-type]


@asynccontextmanager
async def reading(
    line: Sdi12Line, *addresses: str, wires: Wires | None = None, **connection: object
) -> AsyncIterator[list[Poller]]:
    """The pollers of these sensors on one line."""
    common = {"serial_port": line.port, "timeout_s": 0.2, **connection}
    devices = [
        Device(
            f"soil-{address}", NAME, SOIL, CATALOGUE.hash_of(SOIL.profile), 900.0,
            Sdi12Connection.model_validate({**common, "address": address}),
        )
        for address in addresses or ("0",)
    ]  # fmt: skip
    pollers = build(
        devices, Surroundings(ListenConfig(), Path(), SystemClock(), {} if wires is None else wires)
    ).pollers
    try:
        yield list(pollers.values())
    finally:
        for poller in pollers.values():
            await poller.close()


async def told(poller: Poller) -> dict[str, object]:
    """Values or faults by point."""
    return {
        each.point: each.fault or each.value for each in await poller.poll() if isinstance(each, Sample)
    }  # fmt: skip


async def test_sensors_on_one_line_take_turns() -> None:
    sensors = [sensor("1", measures_s=1), sensor("2", vwc=31.0), sensor("x", vwc=7.0)]
    async with Sdi12Line(sensors) as line, reading(line, "1", "2", "x", crc=True) as pollers:
        answers = await asyncio.gather(*map(told, pollers))
        assert [each["soil_vwc_pct"] for each in answers] == [28.5, 31.0, 7.0]
        assert line.sensors["1"].heard == ["MC", "D0"]


async def test_a_request_ends_the_wait_and_a_sensor_without_one_is_asked_when_the_time_is_over() -> None:
    sensors = [sensor("1", measures_s=30), sensor("2", measures_s=1, requests=False)]
    async with Sdi12Line(sensors) as line, reading(line, "1", "2") as (quick, patient), asyncio.timeout(5):
        assert (await told(quick))["soil_temp_c"] == 23.9
        assert (await told(patient))["soil_temp_c"] == 23.9


@pytest.mark.parametrize(
    ("fault", "code"),
    [(FaultKind.SILENT, "timeout"), (FaultKind.GARBAGE, "garbled"), (FaultKind.SLOW, "timeout")],
    ids=["silent", "garbage", "late"],
)
async def test_a_failing_sensor_is_lost_and_its_neighbour_is_not(fault: FaultKind, code: str) -> None:
    async with Sdi12Line([sensor("1"), sensor("2", vwc=31.0)]) as line:
        line.sensors["1"].faults.slow_s = 0.15
        line.sensors["1"].faults.start(fault)
        async with reading(line, "1", "2", timeout_s=0.1, attempts=2) as (failing, well):
            with pytest.raises(LinkError) as lost:
                await failing.poll()
            assert lost.value.fault == code
            assert (await told(well))["soil_vwc_pct"] == 31.0, "what came late was thrown away"
            line.sensors["1"].faults.stop()
            assert (await told(failing))["soil_vwc_pct"] == 28.5


async def test_a_sensor_that_gives_up_is_bad_and_not_lost() -> None:
    async with Sdi12Line([sensor()]) as line, reading(line) as (poller,):
        line.sensors["0"].faults.start(FaultKind.EXCEPTION)
        assert set((await told(poller)).values()) == {"aborted"}


async def test_echo_and_noise_do_no_harm() -> None:
    async with Sdi12Line([sensor()], echo=True) as line, reading(line) as (poller,):
        assert (await told(poller))["soil_vwc_pct"] == 28.5
        line.say("\x00\x7f no sensor \r\n0+99.9+99.9\r\n" + "#" * 9000)
        await asyncio.sleep(0.05)  # it is on the line before the next question
        assert (await told(poller))["soil_vwc_pct"] == 28.5


async def test_another_sensor_in_its_place_is_not_read() -> None:
    async with Sdi12Line([sensor()]) as line:
        async with reading(line, identity="CS650") as (poller,):
            with pytest.raises(LinkError, match="wrong_device"):
                await poller.poll()
        async with reading(line, identity="THACBA") as (poller,):
            await poller.poll()
            await poller.poll()
            assert line.sensors["0"].heard.count("I") == 2


async def unplug(line: Sdi12Line) -> None:
    """Pulls the plug while a sensor is asked."""
    await eventually(lambda: len(line.sensors["0"].heard) > 2)
    line.unplug()


async def test_a_pulled_plug_is_a_lost_link_and_the_same_name_is_found_again(tmp_path: Path) -> None:
    name = tmp_path / "usb-SDI12-if00"  # as below /dev/serial/by-id
    wires: dict[tuple[object, ...], SerialLine] = {}
    async with Sdi12Line([sensor()]) as first:
        name.symlink_to(first.port)
        first.port = str(name)
        async with reading(first, wires=wires) as (poller,):
            assert await told(poller)
            first.sensors["0"].faults.start(FaultKind.SILENT)
            with pytest.raises(LinkError, match="no_answer"):
                await asyncio.gather(told(poller), unplug(first))
            with pytest.raises(LinkError, match="refused"):
                await poller.poll()
            async with Sdi12Line([sensor(vwc=30.0)]) as second:
                name.unlink()
                name.symlink_to(second.port)
                assert (await told(poller))["soil_vwc_pct"] == 30.0


async def test_a_sensor_that_is_configured_anew_does_not_close_the_line_of_the_others() -> None:
    wires: dict[tuple[object, ...], SerialLine] = {}
    async with Sdi12Line([sensor("1"), sensor("2")]) as line, reading(line, "1", wires=wires) as (stays,):
        await stays.poll()
        async with reading(line, "2", wires=wires) as (goes,):
            await goes.poll()
        await stays.poll()
        assert [each.generation for each in wires.values()] == [1]


async def test_a_direct_line_wakes_the_sensors_with_a_break() -> None:
    async with Sdi12Line([sensor()]) as line, reading(line, wiring="direct") as (poller,):
        assert (await told(poller))["soil_vwc_pct"] == 28.5


async def test_a_cancelled_poll_leaves_nothing_that_the_next_one_could_mistake() -> None:
    async with Sdi12Line([sensor()]) as line, reading(line, timeout_s=0.3) as (poller,):
        line.sensors["0"].faults.slow_s = 0.2
        line.sensors["0"].faults.start(FaultKind.SLOW)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await poller.poll()
        line.sensors["0"].faults.stop()
        assert (await told(poller))["soil_temp_c"] == 23.9


def test_a_line_is_named_on_the_command_line() -> None:
    made = connection_from_url("sdi12:///dev/ttyUSB0?address=3&profile=campbell_cs650")
    assert made.line == ("/dev/ttyUSB0", "adapter", 9600, 8, "none")
    direct = Sdi12Connection.model_validate({"serial_port": "/dev/ttyS1", "wiring": "direct"})
    assert direct.line == ("/dev/ttyS1", "direct", 1200, 7, "even")
    with pytest.raises(ValueError, match="does not read"):
        connection_from_url("sdi12://host")


def test_each_field_stands_in_the_readme() -> None:
    assert_documented("edge_agent/connectors/sdi12", Sdi12Connection)
