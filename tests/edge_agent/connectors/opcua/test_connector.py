"""OPC UA devices heard for real: asyncua's server as a process of its own, well and unwell."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from device_profiles.clock import SystemClock
from device_profiles.load import load_catalogue
from device_profiles.schema import DeviceProfile
from edge_agent.connector import CommandError, LinkError, Observation, Sample
from edge_agent.connectors.opcua.config import OpcUaConnection
from edge_agent.connectors.opcua.connector import OpcUaDevice
from edge_agent.racing import ended
from tests.edge_agent.connectors.opcua.plants import Plant, run_plant
from tests.faults.tools.proxy import CLEAR, DOWN, SWALLOWING, proxy_to
from tests.servers import HOST
from tests.waiting import eventually

GATE = load_catalogue()["canal_gate"]
LEVEL, OPENING, REMOTE, WANTED = (f"ns=2;s=CongTuoi.{tag}" for tag in ("MucNuocKenh", "DoMo", "TuXa", "DatDoMo"))
NODES = {LEVEL: 1.35, OPENING: 50.0, REMOTE: True, WANTED: 50.0}
PASSWORD = "mat-khau-may-chu"


class Heard:
    """What was delivered, newest last."""

    def __init__(self) -> None:
        self.samples: list[Sample] = []

    async def deliver(self, observations: Sequence[Observation]) -> None:
        self.samples += [each for each in observations if isinstance(each, Sample)]

    def newest(self, point: str) -> Any:
        found = [sample for sample in self.samples if sample.point == point]
        return (found[-1].fault or found[-1].value) if found else None


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    with run_plant(tmp_path_factory.mktemp("plant"), NODES, password=PASSWORD) as server:
        yield server


def device(plant: Plant, folder: Path, profile: DeviceProfile = GATE, **fields: Any) -> OpcUaDevice:
    round_s = fields.pop("round_s", 60.0)
    fields = {"url": plant.url, "security": "none", "publishing_s": 0.05, "timeout_s": 2.0, **fields}
    made = OpcUaConnection(**fields)
    return OpcUaDevice("gate", made, profile, folder=folder, clock=SystemClock(), round_s=round_s)


@asynccontextmanager
async def listening(made: OpcUaDevice) -> AsyncIterator[Heard]:
    heard = Heard()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(made.listen(heard.deliver))
        try:
            yield heard
        finally:
            await ended([task])


async def test_values_are_read_and_changes_heard(plant: Plant, tmp_path: Path) -> None:
    async with listening(device(plant, tmp_path)) as heard:
        await eventually(lambda: heard.newest("remote") is True)
        assert (heard.newest("gate_pct"), heard.newest("canal_level_m")) == (50.0, 1.35)
        plant.put(LEVEL, 1.62)
        await eventually(lambda: heard.newest("canal_level_m") == 1.62)


async def test_a_bad_status_is_no_value_and_an_uncertain_one_is_in_doubt(plant: Plant, tmp_path: Path) -> None:
    async with listening(device(plant, tmp_path)) as heard:
        await eventually(lambda: heard.newest("remote") is True)
        plant.put(LEVEL, 9.99, "BadSensorFailure")
        await eventually(lambda: heard.newest("canal_level_m") == "sensor_failure")
        plant.put(LEVEL, 1.4, "UncertainLastUsableValue")
        await eventually(lambda: heard.newest("canal_level_m") == 1.4)
        assert heard.samples[-1].doubt == "last_usable_value"
        plant.put(LEVEL, 1.35)
        await eventually(lambda: heard.newest("canal_level_m") == 1.35)


async def test_a_node_that_is_not_there_is_bad_and_the_others_are_read(plant: Plant, tmp_path: Path) -> None:
    changed = GATE.model_dump(mode="python")
    changed["points"][1]["source"]["node"] = "nsu=urn:elsewhere;s=Level"
    changed["points"][2]["source"]["node"] = "nsu=urn:plant;s=CongTuoi.TuXa"  # numbered by the server
    changed["points"][0]["source"]["node"] = "ns=2;s=NoSuchNode"
    async with listening(device(plant, tmp_path, DeviceProfile.model_validate(changed))) as heard:
        await eventually(lambda: heard.newest("remote") is True)
        assert heard.newest("canal_level_m") == heard.newest("gate_pct") == "node_id_unknown"


async def test_a_link_that_breaks_is_noticed_at_once_and_another_session_begins(plant: Plant, tmp_path: Path) -> None:
    async with proxy_to(plant.port) as link:
        made, heard = device(plant, tmp_path, url=f"opc.tcp://{HOST}:{link.port}/plant"), Heard()
        async with asyncio.TaskGroup() as group:
            listener = group.create_task(_fault(made, heard))
            await eventually(lambda: heard.newest("remote") is True)
            link.weather = DOWN
            link.cut()
            async with asyncio.timeout(10):
                assert await listener == "no_answer"
        assert heard.newest("remote") == "no_answer"  # every point says so
        assert await _fault(made, heard) in ("no_answer", "refused")
        link.weather = CLEAR
        async with listening(made) as again:
            await eventually(lambda: again.newest("remote") is True)


async def test_a_half_open_link_is_noticed_within_the_time_out(plant: Plant, tmp_path: Path) -> None:
    async with proxy_to(plant.port) as link:
        url = f"opc.tcp://{HOST}:{link.port}/plant"
        made, heard = device(plant, tmp_path, url=url, timeout_s=0.5, round_s=0.2), Heard()
        async with asyncio.TaskGroup() as group:
            listener = group.create_task(_fault(made, heard))
            await eventually(lambda: heard.newest("remote") is True)
            link.weather = SWALLOWING
            async with asyncio.timeout(10):
                assert await listener in ("timeout", "no_answer")
            link.cut()


async def test_messages_are_encrypted_and_the_log_in_is_checked(plant: Plant, tmp_path: Path) -> None:
    (tmp_path / "password").write_text(PASSWORD)
    login = {"username": "giam-sat", "password_file": tmp_path / "password", "timeout_s": 10.0}
    secured = device(plant, tmp_path / "data", security="sign_and_encrypt", **login)
    async with listening(secured) as heard:
        await eventually(lambda: heard.newest("remote") is True)
    assert (tmp_path / "data" / "thacba-edge.key.pem").stat().st_mode & 0o077 == 0
    (tmp_path / "password").write_text("another")
    assert await _fault(secured, heard) == "unauthorised"


async def test_only_the_certificate_that_was_seen_first_is_taken(plant: Plant, tmp_path: Path) -> None:
    secured = device(plant, tmp_path, security="sign", timeout_s=5.0)
    async with listening(secured) as heard:
        await eventually(lambda: heard.newest("remote") is True)
    (kept,) = (tmp_path / "servers").iterdir()
    assert kept.read_bytes() == plant.certificate.read_bytes()
    kept.write_bytes((tmp_path / "thacba-edge.der").read_bytes())  # as if another had answered then
    assert await _fault(secured, heard) == "unauthorised"
    pinned = device(plant, tmp_path, security="sign", timeout_s=5.0, server_certificate_file=plant.certificate)
    async with listening(pinned) as again:
        await eventually(lambda: again.newest("remote") is True)


async def test_a_write_is_bounded_typed_and_read_back(plant: Plant, tmp_path: Path) -> None:
    made = device(plant, tmp_path, writes="allowed")
    with pytest.raises(LinkError, match="no session"):
        await made.write("set_gate", {"gate_pct": 30})
    async with listening(made) as heard:
        await eventually(lambda: heard.newest("remote") is True)
        said = await eventually(lambda: _written(made, 30))
        assert said == "30 written, the server shows 30.0"
        for wrong, why in ((101, "not 101"), ("30", "not '30'"), (float("nan"), "not nan"), (True, "not True")):
            with pytest.raises(CommandError, match=why):
                await made.write("set_gate", {"gate_pct": wrong})
        with pytest.raises(CommandError, match="takes"):
            await made.write("set_gate", {})
    with pytest.raises(CommandError, match="allows no writes"):
        await device(plant, tmp_path).write("set_gate", {"gate_pct": 30})


@pytest.mark.parametrize(
    "octets", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xff" * 64, b"ACKF\xff\xff\xff\x7f" + b"0" * 99]
)
async def test_a_stranger_at_the_address_is_a_link_error(tmp_path: Path, octets: bytes) -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(64)
        writer.write(octets)
        writer.close()

    async with await asyncio.start_server(babble, HOST, 0) as server:
        url = f"opc.tcp://{HOST}:{server.sockets[0].getsockname()[1]}"
        connection = OpcUaConnection(url=url, security="none", timeout_s=0.3)
        made = OpcUaDevice("gate", connection, GATE, folder=tmp_path, clock=SystemClock())
        assert await _fault(made, Heard()) in ("no_answer", "timeout", "device", "refused")


async def _written(made: OpcUaDevice, opening: float) -> str:
    try:
        return await made.write("set_gate", {"gate_pct": opening})
    except LinkError:
        return ""  # the session begins a moment after the first values


async def _fault(made: OpcUaDevice, heard: Heard) -> str:
    with pytest.raises(LinkError) as lost:
        await made.listen(heard.deliver)
    assert PASSWORD not in str(lost.value)
    return lost.value.fault
