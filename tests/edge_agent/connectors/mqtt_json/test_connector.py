"""Devices of others on a real Mosquitto: recorded messages from mosquitto_pub, orders, outages, power cuts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from device_profiles.load import load_catalogue
from edge_agent.connector import CommandError, LinkError
from edge_agent.connectors.mqtt_json.build import build
from edge_agent.connectors.mqtt_json.config import MqttJsonConnection
from edge_agent.device import Device
from edge_agent.mqtt_client import GatewayClient
from tests.edge_agent.connectors.brokered import device, publish, site
from tests.servers import Server, run_mosquitto
from tests.waiting import eventually

CATALOGUE = load_catalogue()
GOLDEN = Path(__file__).parents[3] / "golden" / "profiles"


def at(server: Server, profile: str, name: str, **more: object) -> Device:
    connection = MqttJsonConnection.model_validate({"url": server.url, "name": name, **more})
    return device(CATALOGUE[profile], connection, name)


@pytest.mark.parametrize(
    ("profile", "name"),
    [
        ("sonoff_powr316", "den_thon_3"),
        ("shelly_pro_1pm", "shellypro1pm-30c6f7850a64"),
        ("shelly_1pm", "shelly1pm-84CCA8A11963"),
        ("ikea_vindstyrka", "th_kim_dong/lop_3a"),
    ],
)
async def test_recorded_messages_become_readings(
    mosquitto_server: Server, tmp_path: Path, profile: str, name: str
) -> None:
    case = json.loads((GOLDEN / f"{profile}.json").read_text(encoding="utf-8"))
    async with site(build, [at(mosquitto_server, profile, name)], tmp_path) as place:
        for message in case["raw"]:
            if not message.get("retained"):
                await publish(mosquitto_server.port, message["topic"], message["payload"])
        await eventually(lambda: {key: _rounded(value) for key, value in place.said(name).items()} == case["readings"])


async def test_devices_of_one_broker_share_its_connection(mosquitto_server: Server, tmp_path: Path) -> None:
    devices = [at(mosquitto_server, "ikea_vindstyrka", name) for name in ("a", "b")]
    async with site(build, devices, tmp_path) as place:
        await publish(mosquitto_server.port, "zigbee2mqtt/b", {"pm25": 7})
        await publish(mosquitto_server.port, "zigbee2mqtt/a", {"pm25": 8})
        await eventually(lambda: (place.said("a"), place.said("b")) == ({"pm25": 8}, {"pm25": 7}))
    assert len(list((tmp_path / "mqtt").iterdir())) == 1


@pytest.mark.parametrize(
    "payload", [b"\xff\x00", b"{", b"[" * 60_000, b"{}", b"null", b"[1,2]", b'{"pm25":{}}'], ids=range(7)
)
async def test_broken_payloads_are_bad_or_nothing_and_the_next_one_counts(
    mosquitto_server: Server, tmp_path: Path, payload: bytes
) -> None:
    async with site(build, [at(mosquitto_server, "ikea_vindstyrka", "a")], tmp_path) as place:
        await publish(mosquitto_server.port, "zigbee2mqtt/a", payload)
        await publish(mosquitto_server.port, "zigbee2mqtt/a", {"pm25": 9})
        await eventually(lambda: place.said("a").get("pm25") == 9)
        assert not place.ended
        assert {each.fault for each in place.samples} <= {"", "device", "type"}


async def test_devices_that_want_another_connection_do_not_throw_each_other_out(
    mosquitto_server: Server, tmp_path: Path
) -> None:
    devices = [
        at(mosquitto_server, "ikea_vindstyrka", "a"),
        at(mosquitto_server, "ikea_vindstyrka", "b", keep_alive_s=60),
    ]
    async with site(build, devices, tmp_path) as place:
        await eventually(lambda: len(list((tmp_path / "mqtt").iterdir())) == 2)
        for number in range(3):
            await publish(mosquitto_server.port, "zigbee2mqtt/b", {"pm25": number}, "-q", "1")
            await publish(mosquitto_server.port, "zigbee2mqtt/a", {"pm25": number}, "-q", "1")
        await eventually(lambda: (place.said("a"), place.said("b")) == ({"pm25": 2}, {"pm25": 2}))
        assert not place.ended


async def test_a_message_longer_than_allowed_never_reaches_memory(mosquitto_server: Server, tmp_path: Path) -> None:
    async with site(build, [at(mosquitto_server, "ikea_vindstyrka", "a", max_bytes=1000)], tmp_path) as place:
        await publish(mosquitto_server.port, "zigbee2mqtt/a", {"pm25": 1, "filler": "x" * 5000})
        await publish(mosquitto_server.port, "zigbee2mqtt/a", {"pm25": 2})
        await eventually(lambda: place.said("a").get("pm25") == 2)
        assert [each.value for each in place.samples] == [2]


async def test_what_the_broker_kept_is_no_reading(mosquitto_server: Server, tmp_path: Path) -> None:
    await publish(mosquitto_server.port, "zigbee2mqtt/old", {"pm25": 99}, "-r")
    async with site(build, [at(mosquitto_server, "ikea_vindstyrka", "old")], tmp_path) as place:
        await publish(mosquitto_server.port, "zigbee2mqtt/old", {"pm25": 5})
        await eventually(lambda: place.said("old") == {"pm25": 5})


async def test_what_was_not_on_disk_before_a_power_cut_comes_again(mosquitto_server: Server, tmp_path: Path) -> None:
    mine = [at(mosquitto_server, "ikea_vindstyrka", "cut")]
    async with site(build, mine, tmp_path) as place:
        place.disk.clear()
        await publish(mosquitto_server.port, "zigbee2mqtt/cut", {"pm25": 1}, "-q", "1")
        await publish(mosquitto_server.port, "zigbee2mqtt/cut", {"pm25": 2}, "-q", "1")
    assert not place.heard
    await publish(mosquitto_server.port, "zigbee2mqtt/cut", {"pm25": 3}, "-q", "1")
    async with site(build, mine, tmp_path) as place:
        await eventually(lambda: [each.value for each in place.samples] == [1, 2, 3])
    async with site(build, mine, tmp_path) as place:
        await publish(mosquitto_server.port, "zigbee2mqtt/cut", {"pm25": 4}, "-q", "1")
        await eventually(lambda: 4 in [each.value for each in place.samples])
        assert [each.value for each in place.samples] == [4]


async def test_a_look_beside_the_agent_takes_nothing_away_from_it(mosquitto_server: Server, tmp_path: Path) -> None:
    mine = [at(mosquitto_server, "ikea_vindstyrka", "seen")]
    async with site(build, mine, tmp_path):
        pass
    await publish(mosquitto_server.port, "zigbee2mqtt/seen", {"pm25": 1}, "-q", "1")
    async with site(build, mine, tmp_path, looks_only=True) as looking:
        await publish(mosquitto_server.port, "zigbee2mqtt/seen", {"pm25": 2}, "-q", "1")
        await eventually(lambda: looking.said("seen") == {"pm25": 2})
        async with site(build, mine, tmp_path) as agent:
            await eventually(lambda: [each.value for each in agent.samples] == [1, 2])
            assert not looking.ended


@pytest.mark.parametrize("version", ["5", "3.1.1"])
async def test_an_order_is_done_when_the_device_shows_it(
    mosquitto_server: Server, tmp_path: Path, version: str
) -> None:
    mine = at(mosquitto_server, "sonoff_powr316", "lamp", version=version)
    async with site(build, [mine], tmp_path) as place, relay(mosquitto_server, "cmnd/lamp/POWER") as obeyed:
        assert await place.writer("lamp").write("switch", {"on": True}) == "contactor is True"
        assert await place.writer("lamp").write("switch", {"on": False}) == "contactor is False"
        assert obeyed == [b"ON", b"OFF"]
        with pytest.raises(CommandError, match="takes True or False"):
            await place.writer("lamp").write("switch", {"on": 1})
        with pytest.raises(CommandError, match="does not know"):
            await place.writer("lamp").write("explode", {})


async def test_a_device_that_does_not_do_it_is_told_apart(mosquitto_server: Server, tmp_path: Path) -> None:
    mine = at(mosquitto_server, "shelly_1pm", "dead")
    command = mine.profile.commands[0]
    assert command.write is not None
    quick = command.model_copy(update={"write": command.write.model_copy(update={"within_s": 0.2})})
    hasty = device(mine.profile.model_copy(update={"commands": (quick,)}), mine.connection, "dead")
    async with site(build, [hasty], tmp_path) as place:
        with pytest.raises(LinkError, match="says nothing"):
            await place.writer("dead").write("switch", {"on": True})


async def test_a_broker_that_goes_ends_every_device_and_one_that_refuses_says_so(tmp_path: Path) -> None:
    with run_mosquitto(username="edge", password="right") as server:
        (tmp_path / "key").write_text("wrong")
        async with site(
            build, [at(server, "ikea_vindstyrka", "a", username="edge", key_file=tmp_path / "key")], tmp_path
        ) as place:
            assert place.ended["a"].fault == "unauthorised"
        (tmp_path / "key").write_text("right\n")
        devices = [at(server, "ikea_vindstyrka", each, username="edge", key_file=tmp_path / "key") for each in "ab"]
        async with site(build, devices, tmp_path) as place:
            await asyncio.to_thread(server.kill)
            await eventually(lambda: set(place.ended) == {"a", "b"})
    async with site(build, devices, tmp_path) as place:
        await eventually(lambda: [each.fault for each in place.ended.values()] == ["refused", "refused"])


@asynccontextmanager
async def relay(server: Server, topic: str) -> AsyncIterator[list[bytes]]:
    """A Tasmota relay: does what it is told, and says so as Tasmota does."""
    obeyed: list[bytes] = []
    async with GatewayClient("127.0.0.1", server.port) as client, asyncio.TaskGroup() as group:
        await client.subscribe(topic)

        async def obey() -> None:
            async for message in client.messages:
                obeyed.append(bytes(message.payload))
                state = bytes(message.payload).decode()
                await client.publish("stat/lamp/RESULT", json.dumps({"POWER": state}))

        task = group.create_task(obey())
        yield obeyed
        task.cancel()


def _rounded(value: object) -> object:
    return round(value, 6) if isinstance(value, float) else bool(value) if value in (True, False) else value
