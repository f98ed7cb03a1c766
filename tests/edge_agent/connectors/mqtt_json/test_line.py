"""The connection to a broker of others: TLS with its own authority, and a flood that is bounded and told once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from device_profiles.load import load_catalogue
from edge_agent.connectors.mqtt_json.build import build
from edge_agent.connectors.mqtt_json.config import MqttJsonConnection
from edge_agent.connectors.sharing import WAITING
from edge_agent.mqtt_line import UNREAD
from tests.edge_agent.connectors.brokered import device, publish, site
from tests.edge_agent.uplink.certificates import Authority
from tests.servers import HOST, Server, free_port, program, run_mosquitto
from tests.waiting import eventually

SENSOR = load_catalogue()["ikea_vindstyrka"]


async def test_a_broker_with_a_certificate_of_its_own_authority_is_believed_and_no_other(tmp_path: Path) -> None:
    authority, stranger = Authority(tmp_path), Authority(tmp_path, "stranger")
    pem, port = authority.issue("broker"), free_port()
    with run_mosquitto(more=[f"listener {port} 127.0.0.1", f"certfile {pem}", f"keyfile {pem}"]) as server:
        secure = MqttJsonConnection(url=f"mqtts://{HOST}:{port}", name="a", ca_file=authority.pem)
        async with site(build, [device(SENSOR, secure)], tmp_path / "one") as place:
            await publish(server.port, "zigbee2mqtt/a", {"pm25": 3})
            await eventually(lambda: place.said() == {"pm25": 3})
        wrong = secure.model_copy(update={"ca_file": stranger.pem})
        async with site(build, [device(SENSOR, wrong)], tmp_path / "two") as place:
            await eventually(lambda: set(place.ended) == {"d"})
            assert "certificate" in str(place.ended["d"])


async def test_a_flood_while_the_disk_is_full_is_bounded_and_told_once(
    mosquitto_server: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    connection = MqttJsonConnection(url=mosquitto_server.url, name="mad")
    async with site(build, [device(SENSOR, connection)], tmp_path) as place:
        place.disk.clear()
        kept = WAITING + 1 + UNREAD
        await flood(mosquitto_server.port, "zigbee2mqtt/mad", messages=kept + 500)
        await eventually(lambda: place.line.dropped == 500)
        place.disk.set()
        await eventually(lambda: any(record.message == "messages of devices dropped" for record in caplog.records))
        await eventually(lambda: len(place.samples) == kept)
        await publish(mosquitto_server.port, "zigbee2mqtt/mad", {"pm25": 7})
        await eventually(lambda: place.said() == {"pm25": 7})
        assert not place.ended
    assert [vars(record)["messages"] for record in caplog.records] == [500]


async def flood(port: int, topic: str, *, messages: int) -> None:
    command = [program("mosquitto_pub"), "-h", HOST, "-p", str(port), "-t", topic, "-l"]
    process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.PIPE)
    await process.communicate(b'{"pm25":1}\n' * messages)
