"""The running centre explains the chart of a device: what came late, doubted or never, also after a restart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from cloud.access.roles import Role
from cloud.access.sessions import begin_token
from cloud.app import Centre
from cloud.web.app import create_site
from device_profiles.clock import SystemClock
from device_profiles.wire import Dropped
from tests.cloud.stage import DEVICE, GATEWAY, running, scripted, settings_for
from tests.servers import Server, run_mosquitto
from tests.waiting import eventually

pytestmark = pytest.mark.scenario
MINUTE = 60_000


@pytest.fixture
def broker() -> Iterator[Server]:
    """A broker of our own."""
    with run_mosquitto() as server:
        yield server


async def told(centre: Centre) -> dict[str, dict[str, Any]]:
    """The gaps of the last three hours by kind, as the API tells them."""
    now = SystemClock().now_ms()
    secret, row = begin_token("test", Role.VIEWER, now=now, days=1)
    centre.state.put_secret(row)
    transport, headers = httpx.ASGITransport(create_site(centre.view)), {"Authorization": f"Bearer {secret}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://centre.test", headers=headers) as client:
        path = f"/api/v1/devices/{GATEWAY}/{DEVICE}/gaps"
        answer = await client.get(path, params={"point": "level_m", "from": now - 180 * MINUTE})
    return {item["kind"]: item for item in answer.json()["items"]}


async def test_every_gap_of_a_running_centre_is_explained(tmp_path: Path, broker: Server) -> None:
    settings = settings_for(tmp_path, broker)
    begin = SystemClock().now_ms()
    outage = [begin - ago * MINUTE for ago in (170, 169, 168)]
    async with running(Centre(settings)) as centre, scripted(broker) as gateway:
        await gateway.be_born()
        await gateway.send(gateway.batch({"level_m": [27.0, 27.1, 27.2]}, outage))
        gateway.batch({"level_m": [28.0]}, [begin - 30 * MINUTE])  # given up
        drop = Dropped(2, 2, "full", 1, begin - 30 * MINUTE, begin - 20 * MINUTE)
        doubted = gateway.batch({"level_m": [29.0]}, [begin], dropped=[drop])
        await gateway.send(msgspec.structs.replace(doubted, clock="doubtful"))
        await gateway.until_settled(1, 3)
        await gateway.tell_health()
        await eventually(lambda: len(centre.view.passages(GATEWAY, DEVICE)) == 2)
        gaps = await told(centre)
        assert gaps.keys() == {"silent", "late", "dropped", "doubtful"}
        assert (gaps["late"]["begin"], gaps["late"]["end"], gaps["late"]["readings"]) == (outage[0], outage[-1], 3)
        assert gaps["late"]["arrived_at"] >= begin
        assert (gaps["dropped"]["reason"], gaps["dropped"]["readings"]) == ("full", 1)
        level = next(point for point in centre.view.devices()[0].points if point.key == "level_m")
        assert (level.value, level.freshness) == (29.0, "doubtful")
        centre.house.parts.births.changed(GATEWAY, at_once=True)
        await eventually(lambda: any(row.passages for row in centre.state.births()))
    async with running(Centre(settings)) as again:
        assert (await told(again))["late"] == gaps["late"]
