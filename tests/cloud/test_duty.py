"""A night on duty with a real centre: a grave alarm opens an incident, the province hears of it once, files travel."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import msgspec
import pytest

from cloud.access.roles import Role
from cloud.access.sessions import begin_token
from cloud.app import Centre
from cloud.settings import Settings, read_settings
from device_profiles.clock import SystemClock
from tests.cloud.notify.contents import Receiver, receiver
from tests.cloud.stage import GATEWAY, RULE, running, scripted, write_config
from tests.servers import Server, run_mosquitto
from tests.waiting import eventually

pytestmark = pytest.mark.scenario
SHIPPED = Path(__file__).parents[2] / "deploy" / "incidents" / "regulation.toml"
PICTURE = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 8_000  # two megabytes


@pytest.fixture
def broker() -> Iterator[Server]:
    """A broker of our own."""
    with run_mosquitto() as server:
        yield server


def settings_for(folder: Path, broker: Server, hook: Receiver) -> Settings:
    """A centre whose one rule is grave and latches, and whose province is told through a webhook."""
    more = f'[[notify.channels]]\nkind = "webhook"\nname = "bch"\nurl = "{hook.url}"\nallow_private = true\n'
    path = write_config(folder, f"mqtt://127.0.0.1:{broker.port}", more=more)
    path.write_text('regulation = "regulation.toml"\n' + path.read_text("utf-8"), encoding="utf-8")
    tell = '[[tell]]\ntier = "province"\nchannels = ["bch"]\n'
    (folder / "regulation.toml").write_text(SHIPPED.read_text("utf-8") + tell, encoding="utf-8")
    grave = RULE.replace("severity = 3", "severity = 1").replace(
        "[selector]", 'incident = true\nlatch = true\n[notice]\nchannels = ["bch"]\n[selector]'
    )
    (folder / "rules" / "river_high.toml").write_text(grave, encoding="utf-8")
    return read_settings(path)


@asynccontextmanager
async def program(centre: Centre, role: Role) -> AsyncIterator[httpx.AsyncClient]:
    """A program that may do what this role may."""
    secret, row = begin_token(role.value, role, now=SystemClock().now_ms(), days=1)
    centre.state.put_secret(row)
    headers = {"Authorization": f"Bearer {secret}"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{centre.port}/api/v1", headers=headers) as client:
        yield client


def heard(hook: Receiver) -> list[str]:
    """The kinds of notices that arrived, in order."""
    return [msgspec.json.decode(request.body)["kind"] for request in hook.requests]


async def test_a_night_on_duty_survives_a_restart(tmp_path: Path, broker: Server) -> None:
    async with receiver() as hook:
        settings = settings_for(tmp_path, broker, hook)
        async with running(Centre(settings)) as centre, scripted(broker) as gateway:
            await gateway.be_born()
            await gateway.measure(31.0)
            await gateway.until_settled(1)
            await eventually(lambda: sorted(heard(hook)) == ["escalated", "raised"])
            async with program(centre, Role.ENGINEER) as engineer:
                [incident] = (await engineer.get("/incidents")).json()["items"]
                assert (incident["opened_by"], incident["escalated_to"], incident["area"]) == ("system", 3, "lao-cai")
                place = f"/incidents/{incident['id']}/attachments"
                put = await engineer.post(place, params={"name": "song.jpg"}, content=PICTURE)
                assert put.status_code == 201, put.text
                work = {"gateway": GATEWAY, "until": SystemClock().now_ms() + 3_600_000, "reason": "sửa"}
                assert (await engineer.post("/planned-work", json=work)).status_code == 201
        async with running(Centre(settings)) as centre, scripted(broker) as gateway:
            gateway.sequence, gateway.accepted = 1, 1
            await gateway.measure(27.0)
            await gateway.until_settled(2)
            async with program(centre, Role.OPERATOR) as operator:
                assert (await operator.get(f"{place}/{put.json()['number']}")).content == PICTURE
                [alarm] = (await operator.get("/alarms")).json()["items"]
                assert (alarm["state"], alarm["silenced"]) == ("latched_unacked", "out_of_service")
                deed = f"/alarms/{alarm['id']}"
                assert (await operator.post(f"{deed}/acknowledge", json={})).json()["state"] == "latched"
                assert (await operator.post(f"{deed}/reset", json={})).json()["state"] == "normal"
                words = [line["what"] for line in (await operator.get(f"{deed}/history")).json()["items"]]
                assert words == ["raised", "out_of_service", "latched", "acknowledged", "reset"]
                assert len((await operator.get("/incidents")).json()["items"]) == 1
        assert sorted(heard(hook)) == ["escalated", "raised"], "nothing twice, and nothing from planned work"
