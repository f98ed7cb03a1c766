"""LoRaWAN devices on a real Mosquitto: recorded ChirpStack events from mosquitto_pub, lost frames, orders."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from device_profiles.load import load_catalogue, parse_profile
from edge_agent.connector import CommandError, LinkError
from edge_agent.connectors.lorawan.build import build
from edge_agent.connectors.lorawan.config import LorawanConnection
from edge_agent.device import Device
from edge_agent.mqtt_client import GatewayClient
from tests.edge_agent.connectors.brokered import Site, device, publish, site
from tests.servers import HOST, Server
from tests.waiting import eventually

CATALOGUE = load_catalogue()
GOLDEN = Path(__file__).parents[3] / "golden" / "profiles"
APPLICATION = "17c82e96-be03-4f38-aef3-f83d48582d97"
LINK = parse_profile(
    """
profile = "radio_link"
name = { vi = "Sóng", en = "Radio" }
vendor = "generic"
model = "test"
sector = "cyber"
protocol = "lorawan"
period_s = 60
owner = "test"
source = "test"
points = [
  { key = "rssi", name = { vi = "a", en = "a" }, source = { radio = "rssi_dbm" } },
  { key = "lost", name = { vi = "a", en = "a" }, type = "int", source = { radio = "frames_lost" } },
  { key = "count", name = { vi = "a", en = "a" }, type = "int", source = { radio = "f_cnt" } },
  { key = "battery", name = { vi = "a", en = "a" }, source = { radio = "battery_pct" } },
  { key = "level", name = { vi = "a", en = "a" }, source = { path = "level" } },
]
"""
)


def recorded(profile: str, case: str = "") -> Any:
    name = f"{profile}.{case}" if case else profile
    return json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))["raw"]


def at(server: Server, profile: str, eui: str, **more: object) -> Device:
    fields = {"url": server.url, "application": APPLICATION, "dev_eui": eui, **more}
    return device(CATALOGUE.profiles.get(profile, LINK), LorawanConnection.model_validate(fields), eui)


def topic(eui: str, event: str = "up") -> str:
    return f"application/{APPLICATION}/device/{eui}/event/{event}"


def frame(f_cnt: int, mark: str, **more: object) -> dict[str, object]:
    seconds = min(f_cnt, 59)
    return (
        {
            "deduplicationId": mark,
            "time": f"2024-09-10T00:00:{seconds:02d}.123456789+00:00",
            "devAddr": "00189440",
            "fPort": 2,
            "data": base64.b64encode(mark.encode()).decode(),
            "rxInfo": [{"rssi": -97, "snr": 6.2}, {"rssi": -111}],
        }
        | ({"fCnt": f_cnt} if f_cnt else {})
        | more
    )


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        ("milesight_am319", {"co2_ppm": 936, "temp_c": 23.8, "rh": 62.0, "pm25": 32}),
        ("milesight_em400_mud", {"fill_pct": 75.0, "temp_c": 25.7, "tilted": 0}),
        ("dragino_lse01", {"soil_temp_c": 25.65, "soil_vwc_pct": 39.3}),
    ],
)
async def test_a_recorded_uplink_becomes_readings_with_the_servers_time(
    mosquitto_server: Server, tmp_path: Path, profile: str, expected: dict[str, float]
) -> None:
    uplink = recorded(profile)
    eui = uplink["deviceInfo"]["devEui"]
    async with site(build, [at(mosquitto_server, profile, eui)], tmp_path) as place:
        await publish(mosquitto_server.port, topic(eui), uplink)
        await eventually(lambda: place.said(eui) == expected)
        assert {each.observed_at for each in place.samples} == {1_725_928_455_775}


async def test_repeated_frames_count_once_and_lost_ones_are_counted(mosquitto_server: Server, tmp_path: Path) -> None:
    eui = "00000000000000a1"
    async with site(build, [at(mosquitto_server, "radio", eui)], tmp_path) as place:
        for one in (
            frame(7, "m7"),
            frame(7, "m7"),  # the broker delivers again
            frame(7, "another", data=frame(7, "m7")["data"]),  # the device sends again, unconfirmed
            frame(11, "m11"),
            frame(9, "m9"),  # overtaken on its way
            frame(0, "m0", time="2024-09-10T00:05:00+00:00"),  # switched off and on
            frame(1, "m1", time="2024-09-10T00:06:00+00:00"),
            frame(5, "m5", devAddr="00189555", time="2024-09-10T00:07:00+00:00"),  # joined anew
        ):
            await publish(mosquitto_server.port, topic(eui), one)
        await eventually(lambda: values(place, "count") == [7, 11, 9, 0, 1, 5])
        assert values(place, "lost") == [3, 0]
        assert {each.value for each in place.samples if each.point == "rssi"} == {-97}


async def test_battery_comes_with_the_status_and_a_codec_that_is_missing_is_told(
    mosquitto_server: Server, tmp_path: Path
) -> None:
    eui = "00000000000000a2"
    async with site(build, [at(mosquitto_server, "radio", eui)], tmp_path) as place:
        await publish(mosquitto_server.port, topic(eui, "status"), {"margin": 7, "batteryLevelUnavailable": True})
        await publish(mosquitto_server.port, topic(eui, "status"), {"margin": 7, "batteryLevel": 88.3})
        await eventually(lambda: place.said(eui) == {"battery": 88.3})
        await publish(mosquitto_server.port, topic(eui), frame(1, "x"))
        await eventually(lambda: place.said(eui).get("level") == "missing")
        await publish(mosquitto_server.port, topic(eui), frame(2, "y", object={"level": "4.5"}))
        await eventually(lambda: place.said(eui).get("level") == 4.5)


def values(place: Site, point: str) -> list[object]:
    return [each.value for each in place.samples if each.point == point]


BROKEN = (
    b" ",
    b"{",
    b"[]",
    b'"up"',
    b'{"data":7,"rxInfo":[{"rssi":"x"}],"fCnt":-1}',
    b'{"data":"?","time":"never"}',
    b"9" * 5000,
)


@pytest.mark.parametrize("payload", BROKEN, ids=range(len(BROKEN)))
async def test_a_broken_event_ends_nothing(mosquitto_server: Server, tmp_path: Path, payload: bytes) -> None:
    eui = "00000000000000a3"
    async with site(build, [at(mosquitto_server, "milesight_am307", eui)], tmp_path) as place:
        for event in ("up", "status", "join", "ack", "nobody/knows"):
            await publish(mosquitto_server.port, topic(eui, event), payload)
        await publish(mosquitto_server.port, topic(eui), recorded("milesight_am307") | {"deduplicationId": "good"})
        await eventually(lambda: place.said(eui).get("co2_ppm") == 936)
        assert not place.ended


async def test_joins_restarts_and_errors_of_the_server_happen_once(mosquitto_server: Server, tmp_path: Path) -> None:
    eui = "00000000000000a4"
    mic = {"level": "ERROR", "code": "UPLINK_MIC", "description": "MIC of join-request is invalid"}
    later = "2024-09-10T00:05:00+00:00"
    async with site(build, [at(mosquitto_server, "lorawan_link", eui)], tmp_path) as place:
        await publish(mosquitto_server.port, topic(eui, "join"), {"devAddr": "00189440", "deduplicationId": "j"})
        await publish(mosquitto_server.port, topic(eui, "log"), mic)
        for one in (frame(5, "m5"), frame(1, "m1", time=later), frame(1, "m1", time=later)):
            await publish(mosquitto_server.port, topic(eui), one)
        await eventually(lambda: len(place.happenings) == 3)
    told = [(each.kind, dict(each.facts)) for each in place.happenings]
    assert told == [
        ("joined", {"dev_addr": "00189440"}),
        ("radio_error", {"code": "UPLINK_MIC", "told": "MIC of join-request is invalid"}),
        ("restarted", {"f_cnt": 1}),
    ]


async def test_the_siren_sounds_when_the_device_has_confirmed_and_shows_it(
    mosquitto_server: Server, tmp_path: Path
) -> None:
    eui = "24e124445d100001"
    mine = at(mosquitto_server, "milesight_uc300", eui, device_class="C")
    async with site(build, [mine], tmp_path) as place, network(mosquitto_server, eui, obedient) as sent:
        said = await place.writer(eui).write("set_siren", {"siren": 2})
        assert said == "confirmed by the device, siren is 2"
        assert sent == [{"confirmed": True, "fPort": 85, "data": base64.b64encode(b"\x07\x01\xff").decode()}]
        with pytest.raises(CommandError, match="0 or 2"):
            await place.writer(eui).write("set_siren", {"siren": 1})


@pytest.mark.parametrize("answer", ["unconfirmed", "failed"])
async def test_an_order_that_did_not_arrive_says_so(mosquitto_server: Server, tmp_path: Path, answer: str) -> None:
    eui = "24e124445d10000" + ("2" if answer == "failed" else "3")
    mine = at(mosquitto_server, "milesight_uc300", eui, device_class="C")
    behave = too_long if answer == "failed" else deaf
    async with site(build, [mine], tmp_path) as place, network(mosquitto_server, eui, behave):
        expected = "payload exceeds" if answer == "failed" else "did not confirm"
        with pytest.raises(LinkError, match=expected):
            await place.writer(eui).write("set_siren", {"siren": 2})


async def test_a_device_that_sleeps_gets_its_order_later(mosquitto_server: Server, tmp_path: Path) -> None:
    eui = "24e124445d100004"
    async with site(build, [at(mosquitto_server, "milesight_uc300", eui)], tmp_path) as place:
        assert "after its next uplink" in await place.writer(eui).write("set_siren", {"siren": 0})


Behave = Callable[[str], list[tuple[str, dict[str, object]]]]


def obedient(order: str) -> list[tuple[str, dict[str, object]]]:
    return [
        ("txack", {"queueItemId": "somebody else's"}),
        ("txack", {"queueItemId": order}),
        ("ack", {"queueItemId": order, "acknowledged": True, "fCntDown": 3}),
        ("up", recorded("milesight_uc300") | {"deduplicationId": order}),
    ]


def deaf(order: str) -> list[tuple[str, dict[str, object]]]:
    return [("txack", {"queueItemId": order}), ("ack", {"queueItemId": order, "fCntDown": 3})]


def too_long(order: str) -> list[tuple[str, dict[str, object]]]:
    told: dict[str, object] = {
        "code": "DOWNLINK_PAYLOAD_SIZE",
        "description": "payload exceeds",
        "context": {"queue_item_id": order},
    }
    return [("log", told)]


@asynccontextmanager
async def network(server: Server, eui: str, behave: Behave) -> AsyncIterator[list[dict[str, object]]]:
    """A ChirpStack that takes downlinks and answers with these events; gives what it was told to send."""
    sent: list[dict[str, object]] = []
    async with GatewayClient(HOST, server.port) as client, asyncio.TaskGroup() as group:
        await client.subscribe(f"application/{APPLICATION}/device/{eui}/command/down")

        async def answer() -> None:
            async for message in client.messages:
                told = json.loads(bytes(message.payload))
                order = told.pop("id")
                assert told.pop("devEui") == eui
                sent.append(told)
                for event, document in behave(order):
                    await client.publish(topic(eui, event), json.dumps(document))

        task = group.create_task(answer())
        yield sent
        task.cancel()
