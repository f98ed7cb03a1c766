"""BACnet devices asked for real: bacpypes3's own device on loopback, well and unwell."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from device_profiles.load import load_catalogue
from device_profiles.schema import Command, DeviceProfile, Text
from device_profiles.sources.bacnet import BacnetSource
from device_profiles.writing import Write
from edge_agent.connector import CommandError, LinkError, Sample
from edge_agent.connectors.bacnet.config import BacnetConnection
from edge_agent.connectors.bacnet.connector import BacnetDevice
from simulators.devices.bacnet import BacnetDevice as Simulated
from simulators.faults import FaultKind
from tests.servers import HOST

METER = load_catalogue()["siemens_md_bmed"]
VALUES = {"p_w": 42_750.0, "import_kwh": 183_204.5}
SETPOINT = "analog-value,7"
HEATED = METER.model_copy(
    update={
        "commands": (
            Command(
                verb="set_heat",
                name=Text(vi="Đặt nhiệt độ", en="Set heat"),
                arguments=("degrees",),
                write=Write(source=BacnetSource(object=SETPOINT), minimum=5, maximum=30, within_s=3),
            ),
        )
    }
)


@asynccontextmanager
async def simulated(profile: DeviceProfile = METER) -> AsyncIterator[Simulated]:
    async with Simulated(profile, lambda _: VALUES, device=700_001) as device:
        yield device


@asynccontextmanager
async def asking(there: Simulated, profile: DeviceProfile = METER, **fields: Any) -> AsyncIterator[BacnetDevice]:
    fields = {"device": there.device, "timeout_s": 1.0, "retries": 2, **fields}
    made = BacnetDevice("meter", BacnetConnection(host=HOST, port=there.port, **fields), profile)
    try:
        yield made
    finally:
        await made.close()


async def said(device: BacnetDevice) -> dict[str, Any]:
    return {each.point: each.fault or each.value for each in await device.poll() if isinstance(each, Sample)}


@pytest.mark.parametrize("max_objects", [20, 1])
async def test_values_flags_and_a_missing_object(max_objects: int) -> None:
    point = METER.points[0].model_copy(update={"key": "gone", "source": BacnetSource(object="analog-input,99")})
    more = METER.model_copy(update={"points": (*METER.points, point)})
    async with simulated() as device, asking(device, more, max_objects=max_objects) as meter:
        assert await said(meter) == {**VALUES, "gone": "missing"}
        device.faults.start(FaultKind.SILENT)
        device.tell()
        assert await said(meter) == {
            "p_w": "communication_failure", "import_kwh": "communication_failure", "gone": "missing"
        }  # fmt: skip


async def test_another_device_at_the_address_is_not_read() -> None:
    async with simulated() as device, asking(device, device=700_002) as meter:
        with pytest.raises(LinkError, match="700002") as caught:
            await meter.poll()
        assert caught.value.fault == "wrong_device"


async def test_a_device_that_falls_silent_is_told_and_met_again() -> None:
    async with simulated() as device:
        port = device.port
        async with asking(device, timeout_s=0.2, retries=1) as meter:
            assert await said(meter) == VALUES
            await device.__aexit__(None, None, None)
            with pytest.raises(LinkError) as caught:
                await meter.poll()
            assert caught.value.fault == "timeout"
            async with Simulated(METER, lambda _: VALUES, device=700_001, port=port):
                assert await said(meter) == VALUES


async def test_a_command_is_written_within_its_limits_and_read_back() -> None:
    async with simulated(HEATED) as device:
        async with asking(device, HEATED) as meter:
            with pytest.raises(CommandError, match="allows no writes"):
                await meter.write("set_heat", {"degrees": 21.5})
        async with asking(device, HEATED, writes="allowed") as meter:
            assert await meter.write("set_heat", {"degrees": 21.5}) == "21.5 written, the device shows 21.5"
            assert device.objects[SETPOINT].presentValue == 21.5
            with pytest.raises(CommandError, match="5 to 30"):
                await meter.write("set_heat", {"degrees": 60})
            device.forget(SETPOINT)
            with pytest.raises(CommandError, match="unknown-object"):
                await meter.write("set_heat", {"degrees": 20})


async def test_octets_of_strangers_end_at_the_door(caplog: pytest.LogCaptureFixture) -> None:
    """Whoever talks to our socket gets no answer, makes no line in the log, and takes no reading away."""
    async with simulated() as device, asking(device) as meter:
        assert await said(meter) == VALUES
        port = meter.local_port
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            asyncio.DatagramProtocol, remote_addr=(HOST, port)
        )
        for octets in (
            b"",
            b"\x81",
            b"\x81\x0a\x00\x04",
            b"\x81\x0a\x00\x0c\x01\x04\x00\x05\x01\x0c\x0c\x02",
            b"x" * 1400,
        ):
            transport.sendto(octets)
        assert await said(meter) == VALUES
        transport.close()
    assert caplog.records == []
